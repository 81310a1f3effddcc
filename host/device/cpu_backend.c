/* SPDX-License-Identifier: MIT
 * The CPU as a device: bands run on the calling thread of the pool, each thread with its own slot. */
#include "backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "cpu_band.h"
#include "cpu_level.h"
#include "pool.h"

struct cpu_device {
    struct yk_device_base base;
    const struct yk_level *level;
    unsigned slots;
    struct cpu_slot {
        struct yk_cpu_scratch *scratch;
        struct yk_band_span ran; /* the last band */
    } slot[];
};

/* The processor's name from the kernel, "CPU" where it does not say. */
static void read_model(char *name, size_t size)
{
    char line[256];
    snprintf(name, size, "CPU");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon) {
            line[strcspn(line, "\n")] = '\0';
            snprintf(name, size, "%s", colon + 2);
            break;
        }
    }
    fclose(file);
}

static enum yk_status cpu_list(struct yk_device_list *list, struct yk_error *error)
{
    const struct yk_level *level;
    enum yk_status status = yk_cpu_level_choose(&level, NULL, error);
    struct yk_device_info *info = status ? NULL : yk_device_list_add(list);
    if (!info)
        return status ? status : yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    snprintf(info->id, sizeof info->id, "cpu");
    snprintf(info->backend, sizeof info->backend, "cpu");
    read_model(info->name, sizeof info->name);
    snprintf(info->platform, sizeof info->platform, "OpenMP, level %s", level->name);
    snprintf(info->driver, sizeof info->driver, "%s",
#ifdef __clang__
             "clang " __clang_version__
#else
             "gcc " __VERSION__
#endif
    );
    info->type = YK_DEVICE_CPU;
    info->memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    info->units = yk_pool_processors();
    info->unified_memory = true;
    info->usable = true;
    return YK_OK;
}

static void cpu_close(struct yk_device *device, bool leak)
{
    struct cpu_device *cpu = (struct cpu_device *)(void *)device;
    (void)leak;
    if (!cpu)
        return;
    for (unsigned k = 0; k < cpu->slots; k++)
        yk_cpu_scratch_free(cpu->slot[k].scratch);
    free(cpu);
}

static enum yk_status cpu_open(struct yk_device **device, const struct yk_device_info *info,
                               const struct yk_device_options *options, struct yk_error *error)
{
    unsigned slots = options->slots ? options->slots : 1;
    struct cpu_device *cpu = calloc(1, sizeof *cpu + slots * sizeof cpu->slot[0]);
    if (!cpu)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    cpu->base.backend = &yk_backend_cpu;
    cpu->base.info = *info;
    cpu->slots = slots;
    enum yk_status status = yk_cpu_level_choose(&cpu->level, options->cpu_level, error);
    for (unsigned k = 0; k < slots && !status; k++) {
        cpu->slot[k].scratch = yk_cpu_scratch_create();
        if (!cpu->slot[k].scratch)
            status = yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    }
    if (status) {
        cpu_close((struct yk_device *)(void *)cpu, false);
        return status;
    }
    *device = (struct yk_device *)(void *)cpu;
    return YK_OK;
}

static enum yk_status cpu_prepare(struct yk_device *device, const struct yk_program *program,
                                  const struct yk_op *reduce, struct yk_error *error)
{
    (void)device, (void)program, (void)reduce, (void)error;
    return YK_OK;
}

static int cpu_max_rows(struct yk_device *device, const struct yk_program *program)
{
    (void)device;
    return program->out_height;
}

static enum yk_status cpu_submit(struct yk_device *device, unsigned slot, const struct yk_band *band,
                                 struct yk_error *error)
{
    struct cpu_device *cpu = (struct cpu_device *)(void *)device;
    if (slot >= cpu->slots)
        return yk_error_set(error, YK_ERR_INVALID, "CPU slot %u of %u", slot, cpu->slots);
    struct yk_band_span *ran = &cpu->slot[slot].ran;
    ran->start = yk_clock_ns();
    enum yk_status status = yk_cpu_band_run(cpu->level, cpu->slot[slot].scratch, band, error);
    ran->time = yk_clock_ns() - ran->start;
    return status;
}

static enum yk_status cpu_wait(struct yk_device *device, unsigned slot, uint64_t deadline,
                               struct yk_band_timing *timing, struct yk_error *error)
{
    struct cpu_device *cpu = (struct cpu_device *)(void *)device;
    (void)deadline, (void)error;
    struct yk_band_span ran = cpu->slot[slot].ran;
    *timing = (struct yk_band_timing){.total = ran.time, .compute = ran};
    return YK_OK;
}

const struct yk_backend yk_backend_cpu = {
    .name = "cpu",
    .list = cpu_list,
    .open = cpu_open,
    .prepare = cpu_prepare,
    .max_rows = cpu_max_rows,
    .submit = cpu_submit,
    .wait = cpu_wait,
    .close = cpu_close,
};
