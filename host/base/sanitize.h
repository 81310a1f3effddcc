/* SPDX-License-Identifier: MIT
 * What the address sanitizer is told about memory; nothing in other builds. */
#ifndef YOKE_BASE_SANITIZE_H
#define YOKE_BASE_SANITIZE_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define YK_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define YK_ADDRESS_SANITIZER
#endif

#ifdef YK_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(memory, size)   ((void)(memory), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(memory, size) ((void)(memory), (void)(size))
#endif

#endif
