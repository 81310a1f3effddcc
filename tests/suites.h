/* SPDX-License-Identifier: MIT
 * The one list of test suites, included with YK_SUITE defined. YK_SUITE(name) makes CMake compile
 * test_<name>.c (and test_<name>_*.c) and makes the runner call `void yk_suite_<name>(void)`, which adds its
 * CUnit suite. */
/* clang-format off */
YK_SUITE(support)
YK_SUITE(base)
YK_SUITE(trace)
YK_SUITE(image)
YK_SUITE(io)
YK_SUITE(png)
YK_SUITE(png_fast)
YK_SUITE(png_encode)
YK_SUITE(lanes)
YK_SUITE(kernels)
YK_SUITE(ops)
YK_SUITE(cl)
YK_SUITE(device)
YK_SUITE(sched)
YK_SUITE(sim)
YK_SUITE(profile)
YK_SUITE(pipeline)
YK_SUITE(batch)
/* clang-format on */
