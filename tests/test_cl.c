/* SPDX-License-Identifier: MIT
 * The OpenCL backend: the loader and the listing, source text, every operation's kernels. The other files of
 * the suite have the cache and running bands. A build without OpenCL has only the last test here. */
#include <CUnit/CUnit.h>

#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "support.h"

#ifdef YOKE_OPENCL
#include <sys/wait.h>
#include <unistd.h>

#include "test_cl.h"

/* Set in a child process of this program, here or by a script: the name of the only test that it runs. */
static const char child_variable[] = "YOKE_TEST_CL_CHILD";

static void test_no_loader(void)
{
    struct yk_device_list list = {0};
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL(yk_cl_list_from("libno-such-opencl.so.1", &list, &error), YK_OK);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_STRING_EQUAL(list.notice, "no OpenCL loader (libno-such-opencl.so.1)");
    yk_device_list_free(&list);

    struct yk_device_list wrong = {0}; /* a library that is there but is no OpenCL loader */
    CU_ASSERT_EQUAL(yk_cl_list_from("libc.so.6", &wrong, &error), YK_OK);
    CU_ASSERT_EQUAL(wrong.count, 0);
    CU_ASSERT_PTR_NOT_NULL(strstr(wrong.notice, "older than OpenCL 1.2"));
    yk_device_list_free(&wrong);
}

/* In a child process whose OCL_ICD_VENDORS is an empty folder. */
static void child_no_platform(void)
{
    struct yk_device_list list = {0};
    CU_ASSERT_EQUAL(yk_backend_cl.list(&list, NULL), YK_OK);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_EQUAL(strncmp(list.notice, "no OpenCL", 9), 0);
    struct yk_device_info info = {.id = "cl:0.0", .name = "x"};
    struct yk_device_options options = {.slots = 1, .cache_folder = ""};
    struct yk_device *device = NULL;
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL(yk_backend_cl.open(&device, &info, &options, &error), YK_ERR_MISSING);
    CU_ASSERT_PTR_NULL(device);
    yk_device_list_free(&list);
}

/* This process has its drivers loaded already, so a new one is needed: this program again. */
static void test_no_platform(void)
{
    char *folder = yk_temp_make(), *log = yk_path_join(folder, "log");
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (!freopen(log, "w", stdout) || dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
            _exit(126);
        setenv("OCL_ICD_VENDORS", folder, 1);
        setenv(child_variable, "no-platform", 1);
        execl("/proc/self/exe", "yoke_tests", "--suite", "cl", (char *)NULL);
        _exit(127);
    }
    int status = 0;
    CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
    bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    CU_ASSERT(passed);
    size_t size = 0;
    uint8_t *text = yk_file_read(log, &size);
    CU_ASSERT_PTR_NOT_NULL(text);
    if (text && !passed)
        printf("%s", (const char *)text);
    free(text);
    free(log);
    yk_temp_remove(folder);
}

static void test_listing(void)
{
    struct yk_device_list list = {0};
    CU_ASSERT_EQUAL_FATAL(yk_backend_cl.list(&list, NULL), YK_OK);
    if (list.count == 0)
        yk_skip("no OpenCL device");
    CU_ASSERT((list.count == 0) == (list.notice[0] != '\0'));
    for (size_t k = 0; k < list.count; k++) {
        const struct yk_device_info *info = &list.devices[k];
        CU_ASSERT_EQUAL(strncmp(info->id, "cl:", 3), 0);
        CU_ASSERT_STRING_EQUAL(info->backend, "cl");
        CU_ASSERT(info->name[0] != '\0' && info->platform[0] != '\0' && info->driver[0] != '\0');
        CU_ASSERT(info->units > 0 && info->memory > 0);
        CU_ASSERT_EQUAL(info->host_cpu, info->type == YK_DEVICE_CPU);
        CU_ASSERT(info->usable || info->reason[0] != '\0');
        for (size_t j = 0; j < k; j++)
            CU_ASSERT_STRING_NOT_EQUAL(list.devices[j].id, info->id);
    }
    yk_device_list_free(&list);
}

/* What a driver would have to say for a device to be refused, and words of the reason. */
static struct {
    const char *version, *profile;
    cl_bool available, compiler, little;
} pretended;

static cl_int pretend_info(cl_device_id device, cl_device_info what, size_t size, void *value, size_t *needed)
{
    (void)device;
    cl_ulong number = what == CL_DEVICE_TYPE ? CL_DEVICE_TYPE_GPU : 7;
    const char *text = what == CL_DEVICE_VERSION                             ? pretended.version
                       : what == CL_DEVICE_PROFILE                           ? pretended.profile
                       : what == CL_DEVICE_NAME || what == CL_DRIVER_VERSION ? " a\tname "
                                                                             : NULL;
    const cl_bool flag = what == CL_DEVICE_AVAILABLE            ? pretended.available
                         : what == CL_DEVICE_COMPILER_AVAILABLE ? pretended.compiler
                                                                : pretended.little;
    const void *from = text ? (const void *)text : &number;
    if (what == CL_DEVICE_AVAILABLE || what == CL_DEVICE_COMPILER_AVAILABLE ||
        what == CL_DEVICE_ENDIAN_LITTLE)
        from = &flag;
    if (needed)
        *needed = strlen(text ? text : "") + 1;
    if (value)
        memcpy(value, from, text ? strlen(text) + 1 : size);
    return CL_SUCCESS;
}

static cl_int pretend_platform(cl_platform_id platform, cl_platform_info what, size_t size, void *value,
                               size_t *needed)
{
    (void)platform, (void)what, (void)size, (void)value, (void)needed;
    return CL_INVALID_PLATFORM;
}

static void expect_judged(const char *version, const char *profile, cl_bool available, cl_bool compiler,
                          cl_bool little, const char *words)
{
    struct yk_cl cl = {.GetDeviceInfo = pretend_info, .GetPlatformInfo = pretend_platform};
    struct yk_device_info info;
    pretended.version = version;
    pretended.profile = profile;
    pretended.available = available;
    pretended.compiler = compiler;
    pretended.little = little;
    yk_cl_describe(&cl, NULL, NULL, "cl:3.12", &info);
    CU_ASSERT_STRING_EQUAL(info.id, "cl:3.12");
    CU_ASSERT_STRING_EQUAL(info.name, "a?name");
    CU_ASSERT_EQUAL(info.type, YK_DEVICE_GPU);
    CU_ASSERT_EQUAL(info.units, 7);
    CU_ASSERT_FALSE(info.host_cpu);
    CU_ASSERT_EQUAL(info.usable, words == NULL);
    if (words)
        CU_ASSERT_PTR_NOT_NULL(strstr(info.reason, words));
}

static void test_judging(void)
{
    expect_judged("OpenCL 1.2 x", "FULL_PROFILE", 1, 1, 1, NULL);
    expect_judged("OpenCL 3.0", "FULL_PROFILE", 1, 1, 1, NULL);
    expect_judged("OpenCL 1.1 x", "FULL_PROFILE", 1, 1, 1, "needs OpenCL 1.2 or later, has 'OpenCL 1.1 x'");
    expect_judged("nonsense", "FULL_PROFILE", 1, 1, 1, "needs OpenCL 1.2");
    expect_judged("OpenCL 1.2", "EMBEDDED_PROFILE", 1, 1, 1, "full profile");
    expect_judged("OpenCL 1.2", "FULL_PROFILE", 0, 1, 1, "not available");
    expect_judged("OpenCL 1.2", "FULL_PROFILE", 1, 0, 1, "no compiler");
    expect_judged("OpenCL 1.2", "FULL_PROFILE", 1, 1, 0, "big-endian");
}

static void test_codes(void)
{
    /* Numbers from the OpenCL specification's header. */
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(0), "CL_SUCCESS");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-5), "CL_OUT_OF_RESOURCES");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-19), "CL_KERNEL_ARG_INFO_NOT_AVAILABLE");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-30), "CL_INVALID_VALUE");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-36), "CL_INVALID_COMMAND_QUEUE");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-54), "CL_INVALID_WORK_GROUP_SIZE");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-68), "CL_INVALID_DEVICE_PARTITION_COUNT");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-1001), "CL_PLATFORM_NOT_FOUND_KHR");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-20), "an unknown code");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(-69), "an unknown code");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(1), "an unknown code");
    CU_ASSERT_STRING_EQUAL(yk_cl_code_name(INT32_MIN), "an unknown code");
}

/* ---- Source text ---- */

#define SOURCE(name, text)                                                                                   \
    {                                                                                                        \
        name, (const unsigned char *)(text), sizeof(text) - 1                                                \
    }

static void test_source(void)
{
    const struct yk_source sources[] = {
        SOURCE("a.cl",
               "one\n#include \"b.h\"\n  #  include\t\"c.h\" /* c */\nfour\n#include <stdint.h>\nlast"),
        SOURCE("b.h", "#ifndef B\n#include \"none.h\"\nb \\\n#endif\n"),
        SOURCE("c.h", "#include \"b.h\"\n#included \"b.h\"\n// #include \"b.h\"\n"),
        SOURCE("self.h", "#include \"self.h\"\n"),
        {NULL, NULL, 0},
    };
    static const char expected[] =
        "#define YK_DIALECT_CL 1\n#undef a\n"
        "#line 1 \"a.cl\"\none\n"
        "#line 1 \"b.h\"\n#ifndef B\n#error no source file \"none.h\"\nb \\\n#endif\n#line 3 \"a.cl\"\n"
        "#line 1 \"c.h\"\n"
        "#line 1 \"b.h\"\n#ifndef B\n#error no source file \"none.h\"\nb \\\n#endif\n#line 2 \"c.h\"\n"
        "#included \"b.h\"\n// #include \"b.h\"\n#line 4 \"a.cl\"\n"
        "four\n#include <stdint.h>\nlast\n";
    char *text = NULL;
    size_t size = 0;
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL_FATAL(yk_cl_source(sources, "a.cl", &text, &size, &error), YK_OK);
    CU_ASSERT_STRING_EQUAL(text, expected);
    CU_ASSERT_EQUAL(size, strlen(expected));
    free(text);
    CU_ASSERT_EQUAL(yk_cl_source(sources, "self.h", &text, &size, &error), YK_ERR_INTERNAL);
    CU_ASSERT_EQUAL(yk_cl_source(sources, "none.cl", &text, &size, &error), YK_ERR_INTERNAL);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "none.cl"));
}

static void each_broken_source(const struct yk_device_info *info)
{
    static const char *const names[YK_CL_KERNELS] = {"k"};
    static const char broken[] =
        "#line 41 \"broken.cl\"\n__kernel void k(__global int *a) { a[0] = undeclared_thing; }\n";
    static const char other[] = "__kernel void other(__global int *a) { a[0] = 1; }\n";
    struct yk_cl_device *device = clt_open(info, 1, "");
    struct yk_cl_program program = {0};
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL(
        yk_cl_program_build(&device->builder, "broken", broken, sizeof broken - 1, names, &program, &error),
        YK_ERR_UNSUPPORTED);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, info->id));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "CL_BUILD_PROGRAM_FAILURE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "undeclared_thing"));
    if (strstr(info->platform, "Portable Computing Language")) /* Oclgrind's compiler ignores #line */
        CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "broken.cl:41"));
    CU_ASSERT_EQUAL(
        yk_cl_program_build(&device->builder, "other", other, sizeof other - 1, names, &program, &error),
        YK_ERR_DEVICE);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.text, "CL_INVALID_KERNEL_NAME"));
    CU_ASSERT_PTR_NULL(program.handle);
    CU_ASSERT_EQUAL(device->builder.built_from_source, 0);
    clt_close(device);
}

static void test_broken_source(void)
{
    clt_each_device(each_broken_source);
}

static int build_calls;
static atomic_bool *build_fault;
static cl_int refuse_build(cl_program program, cl_uint count, const cl_device_id *devices,
                           const char *options, void(CL_CALLBACK *notify)(cl_program, void *), void *data)
{
    (void)program, (void)count, (void)devices, (void)options, (void)notify, (void)data;
    build_calls++;
    atomic_store(build_fault,
                 true); /* as NVIDIA and Oclgrind report failed calls to the context's callback */
    return CL_BUILD_PROGRAM_FAILURE;
}

/* An operation that does not compile is reported each time but compiled once; others still work. */
static void each_refused_op(const struct yk_device_info *info)
{
    struct yk_cl_device *device = clt_open(info, 1, "");
    struct yk_error first = {.status = YK_OK}, second = {.status = YK_OK};
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, NULL, NULL), YK_OK);
    __typeof__(device->cl.BuildProgram) real = device->cl.BuildProgram;
    device->cl.BuildProgram = refuse_build;
    build_calls = 0;
    build_fault = device->fault;
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, yk_op_table[0], &first),
                    YK_ERR_UNSUPPORTED);
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, yk_op_table[0], &second),
                    YK_ERR_UNSUPPORTED);
    CU_ASSERT_EQUAL(build_calls, 1);
    CU_ASSERT_STRING_EQUAL(first.text, second.text);
    CU_ASSERT_FALSE(atomic_load(device->fault)); /* the device is not lost by it */
    device->cl.BuildProgram = real;
    CU_ASSERT_EQUAL(yk_backend_cl.prepare(clt_base(device), NULL, yk_op_table[1], NULL), YK_OK);
    clt_close(device);
}

static void test_refused_op(void)
{
    clt_each_device(each_refused_op);
}

static void each_kernels(const struct yk_device_info *info)
{
    struct yk_cl_device *device = clt_open(info, 1, NULL);
    for (size_t k = 0; k < yk_op_count; k++) {
        const struct yk_op *op = yk_op_table[k];
        struct yk_error error = {.status = YK_OK, .text = ""};
        enum yk_status status = yk_backend_cl.prepare(clt_base(device), NULL, op, &error);
        CU_ASSERT_EQUAL(status, YK_OK);
        if (status != YK_OK)
            printf("%s\n", error.text);
        const struct yk_cl_kernel *kernels = device->ops[k].program.kernels;
        CU_ASSERT_PTR_NOT_NULL(kernels[YK_CL_MAIN].handle);
        CU_ASSERT_EQUAL(kernels[YK_CL_VERTICAL].handle != NULL, op->apply == YK_SEPARABLE);
        CU_ASSERT_EQUAL(kernels[YK_CL_REDUCE].handle != NULL, op->shape == YK_REDUCE);
        CU_ASSERT(kernels[YK_CL_MAIN].local >= 1 && kernels[YK_CL_MAIN].local <= 64);
    }
    CU_ASSERT_EQUAL(device->builder.built_from_source + device->builder.loaded_from_cache, yk_op_count + 1);
    clt_close(device);
}

static void test_kernels(void)
{
    clt_each_device(each_kernels);
}

static void child_unknown(void)
{
    CU_FAIL("the variable names no test");
}

void yk_suite_cl(void)
{
    CU_pSuite suite = CU_add_suite("cl", NULL, NULL);
    const char *child = getenv(child_variable);
    if (child && strcmp(child, "no-platform") == 0)
        CU_add_test(suite, "child: no platform", child_no_platform);
    else if (child && strcmp(child, "vectors") == 0)
        clt_add_vectors(suite);
    else if (child && !clt_add_planted(suite, child))
        CU_add_test(suite, "child: unknown", child_unknown);
    if (child)
        return;
    CU_add_test(suite, "a missing or wrong loader is a notice", test_no_loader);
    CU_add_test(suite, "no platform is a notice", test_no_platform);
    CU_add_test(suite, "the listing is complete", test_listing);
    CU_add_test(suite, "devices that cannot run the kernels are refused with a reason", test_judging);
    CU_add_test(suite, "names of error codes", test_codes);
    CU_add_test(suite, "includes are put together", test_source);
    CU_add_test(suite, "a build failure carries the driver's log", test_broken_source);
    CU_add_test(suite, "an operation that does not compile is tried once", test_refused_op);
    CU_add_test(suite, "the kernels of every operation build", test_kernels);
    clt_add_split_tests(suite);
    clt_add_cache_tests(suite);
    clt_add_run_tests(suite);
}

#else

static void test_built_without(void)
{
    struct yk_device_list list = {0};
    struct yk_device_info info = {.id = "cl:0.0"};
    struct yk_device_options options = {.slots = 1};
    struct yk_device *device = NULL;
    struct yk_error error = {.status = YK_OK};
    CU_ASSERT_EQUAL(yk_backend_cl.list(&list, &error), YK_OK);
    CU_ASSERT_EQUAL(list.count, 0);
    CU_ASSERT_STRING_EQUAL(list.notice, "built without OpenCL");
    CU_ASSERT_EQUAL(yk_backend_cl.open(&device, &info, &options, &error), YK_ERR_MISSING);
    CU_ASSERT_PTR_NULL(device);
    yk_skip("built without OpenCL");
}

void yk_suite_cl(void)
{
    CU_pSuite suite = CU_add_suite("cl", NULL, NULL);
    CU_add_test(suite, "a build without OpenCL lists nothing and says so", test_built_without);
}

#endif
