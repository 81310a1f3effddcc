/* SPDX-License-Identifier: MIT
 * The OpenCL entry of the backend table: opening a device, compiling for it, its limits, closing it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cl_cache.h"
#include "cl_device.h"

static struct yk_cl_device *of(struct yk_device *device)
{
    return (struct yk_cl_device *)(void *)device;
}

/* Between calls, a driver calls this for a context that is finished; the band's wait sees the flag. Many also
 * call it for a call that fails, which submit and prepare undo. Any thread of the driver; Oclgrind gives no
 * pointer. */
static void CL_CALLBACK context_fault(const char *text, const void *data, size_t size, void *flag)
{
    (void)text, (void)data, (void)size;
    if (flag)
        atomic_store((atomic_bool *)flag, true);
}

/* Makes part number `part` of device->id the device. false: there is no such part (any more). */
static bool take_part(struct yk_cl_device *device, unsigned part)
{
    struct yk_cl_split split;
    cl_device_id *parts = NULL;
    cl_uint count = 0;
    if (yk_cl_split_read(&split, NULL) != YK_OK ||
        yk_cl_split_device(&device->cl, device->id, &split, &parts, &count) != CL_SUCCESS)
        return false;
    bool there = part < count;
    if (there) {
        device->id = device->part = parts[part];
        parts[part] = NULL;
    }
    yk_cl_split_release(&device->cl, parts, count);
    return there;
}

/* Finds the device that info->id names, in the loader's order. */
static enum yk_status find_device(struct yk_cl_device *device, const struct yk_device_info *info,
                                  struct yk_error *error)
{
    cl_platform_id *platforms = NULL;
    cl_device_id *devices = NULL;
    cl_uint platform_count = 0, device_count = 0;
    unsigned p = 0, d = 0, part = 0;
    int named = sscanf(info->id, "cl:%u.%u.%u", &p, &d, &part);
    if (named >= 2 && yk_cl_platforms(&device->cl, &platforms, &platform_count) == CL_SUCCESS &&
        p < platform_count &&
        yk_cl_devices(&device->cl, platforms[p], &devices, &device_count) == CL_SUCCESS && d < device_count) {
        device->platform = platforms[p];
        device->id = devices[d];
        if (named == 2 || take_part(device, part))
            yk_cl_describe(&device->cl, platforms[p], device->id, info->id, &device->base.info);
    }
    free(devices);
    free(platforms);
    if (!device->id || strcmp(device->base.info.name, info->name) != 0)
        return yk_error_set(error, YK_ERR_MISSING, "the OpenCL device %s (%s) is not there any more",
                            info->id, info->name);
    device->base.info.ordinal = info->ordinal;
    if (!device->base.info.usable)
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "%s (%s): %s", info->id, info->name,
                            device->base.info.reason);
    return YK_OK;
}

/* The memory that a slot may take: of a GPU half, because a desktop and other programs live there too; of the
 * machine's own memory a quarter. */
static enum yk_status set_limits(struct yk_cl_device *device, struct yk_error *error)
{
    cl_ulong buffer = 0;
    cl_int code =
        device->cl.GetDeviceInfo(device->id, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof buffer, &buffer, NULL);
    if (code != CL_SUCCESS)
        return yk_cl_device_fail(device, "clGetDeviceInfo", code, false, error);
    uint64_t share = device->base.info.memory / (device->base.info.type == YK_DEVICE_CPU ? 4 : 2);
    device->limits = (struct yk_cl_limits){buffer, share / device->slot_count};
    return YK_OK;
}

static void set_names(struct yk_cl_device *device)
{
    const struct yk_device_info *info = &device->base.info;
    char vendor[128], version[128];
    yk_cl_device_text(&device->cl, device->id, CL_DEVICE_VENDOR, vendor, sizeof vendor);
    yk_cl_device_text(&device->cl, device->id, CL_DEVICE_VERSION, version, sizeof version);
    snprintf(device->label, sizeof device->label, "%s (%s)", info->id, info->name);
    snprintf(device->model, sizeof device->model, "%s\n%s\n%s", info->platform, info->name, vendor);
    snprintf(device->version, sizeof device->version, "%s\n%s", info->driver, version);
}

static enum yk_status make_context(struct yk_cl_device *device, struct yk_error *error)
{
    cl_int code = CL_SUCCESS;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)device->platform,
                                                0};
    device->context =
        device->cl.CreateContext(properties, 1, &device->id, context_fault, device->fault, &code);
    if (!device->context || code != CL_SUCCESS)
        return yk_cl_device_fail(device, "clCreateContext", code, false, error);
    for (unsigned k = 0; k < device->slot_count; k++) {
        /* With times, which every driver should have; without, where one refuses. */
        cl_command_queue queue =
            device->cl.CreateCommandQueue(device->context, device->id, CL_QUEUE_PROFILING_ENABLE, &code);
        if (!queue || code != CL_SUCCESS) {
            queue = device->cl.CreateCommandQueue(device->context, device->id, 0, &code);
            atomic_store(device->fault, false); /* a refusal only */
        }
        device->slots[k].queue = queue;
        if (!device->slots[k].queue || code != CL_SUCCESS)
            return yk_cl_device_fail(device, "clCreateCommandQueue", code, false, error);
    }
    device->nothing = device->cl.CreateBuffer(device->context, CL_MEM_READ_ONLY, 64, NULL, &code);
    if (!device->nothing || code != CL_SUCCESS)
        return yk_cl_device_fail(device, "clCreateBuffer", code, false, error);
    device->builder = (struct yk_cl_builder){.cl = &device->cl,
                                             .context = device->context,
                                             .device = device->id,
                                             .label = device->label,
                                             .model = device->model,
                                             .version = device->version,
                                             .folder = device->cache_folder};
    return YK_OK;
}

static void release_objects(struct yk_cl_device *device)
{
    const struct yk_cl *cl = &device->cl;
    for (unsigned k = 0; device->slots && k < device->slot_count; k++)
        yk_cl_slot_clear(cl, &device->slots[k]);
    for (size_t k = 0; device->ops && k < yk_op_count; k++)
        yk_cl_program_release(cl, &device->ops[k].program);
    yk_cl_program_release(cl, &device->convert);
    if (device->nothing)
        cl->ReleaseMemObject(device->nothing);
    if (device->context)
        cl->ReleaseContext(device->context);
    if (device->part)
        cl->ReleaseDevice(device->part);
    yk_cl_unload(&device->cl);
    free(device->fault);
}

/* With `leak`, what the driver may still touch stays: its handles, the callback's flag, the statistic's
 * memory. */
static void close_device(struct yk_device *base, bool leak)
{
    struct yk_cl_device *device = of(base);
    if (!device)
        return;
    if (!leak)
        release_objects(device);
    for (size_t k = 0; device->ops && k < yk_op_count; k++)
        free(device->ops[k].refused);
    for (unsigned k = 0; leak && k < device->slot_count; k++) {
        free(device->slots[k].rects);
        free(device->slots[k].tables.steps);
    }
    free(device->ops);
    free(device->slots);
    free(device->cache_folder);
    free(device);
}

static enum yk_status open_device(struct yk_device **opened, const struct yk_device_info *info,
                                  const struct yk_device_options *options, struct yk_error *error)
{
    char notice[256];
    struct yk_cl_device *device = calloc(1, sizeof *device);
    enum yk_status status = YK_ERR_NOMEM;
    if (!device)
        return yk_error_set(error, YK_ERR_NOMEM, "out of memory");
    device->base.backend = &yk_backend_cl;
    device->slot_count = options->slots ? options->slots : 1;
    device->slots = calloc(device->slot_count, sizeof *device->slots);
    device->ops = calloc(yk_op_count, sizeof *device->ops);
    device->fault = malloc(sizeof *device->fault);
    device->cache_folder = yk_cl_cache_folder(options->cache_folder);
    if (!device->slots || !device->ops || !device->fault) {
        yk_error_set(error, status, "out of memory");
        goto fail;
    }
    atomic_init(device->fault, false);
    atomic_init(&device->lost, false);
    if (!yk_cl_load(&device->cl, YK_CL_LIBRARY, notice, sizeof notice)) {
        status = yk_error_set(error, YK_ERR_MISSING, "%s cannot be opened: %s", info->id, notice);
        goto fail;
    }
    status = find_device(device, info, error);
    if (status != YK_OK)
        goto fail;
    set_names(device);
    device->unified = device->base.info.unified_memory;
    status = set_limits(device, error);
    if (status == YK_OK)
        status = make_context(device, error);
    if (status != YK_OK)
        goto fail;
    *opened = (struct yk_device *)(void *)device;
    return YK_OK;
fail:
    close_device((struct yk_device *)(void *)device, false);
    return status;
}

static enum yk_status build_file(struct yk_cl_device *device, const char *name, const char *const *kernels,
                                 struct yk_cl_program *program, struct yk_error *error)
{
    char file[64];
    char *text = NULL;
    size_t size = 0;
    snprintf(file, sizeof file, "%s.cl", name);
    enum yk_status status = yk_cl_source(yk_sources, file, &text, &size, error);
    if (status == YK_OK)
        status = yk_cl_program_build(&device->builder, name, text, size, kernels, program, error);
    free(text);
    return status;
}

static enum yk_status prepare_op(struct yk_cl_device *device, size_t index, struct yk_error *error)
{
    struct yk_cl_op *entry = &device->ops[index];
    const struct yk_op *op = yk_op_table[index];
    if (entry->program.handle)
        return YK_OK;
    if (entry->refused)
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "%s", entry->refused);
    char names[YK_CL_KERNELS][64];
    snprintf(names[YK_CL_MAIN], sizeof names[0], "%s_kernel", op->name);
    snprintf(names[YK_CL_VERTICAL], sizeof names[0], "%s_vertical", op->name);
    snprintf(names[YK_CL_REDUCE], sizeof names[0], "%s_reduce", op->name);
    const char *kernels[YK_CL_KERNELS] = {
        [YK_CL_MAIN] = names[YK_CL_MAIN],
        [YK_CL_VERTICAL] = op->apply == YK_SEPARABLE ? names[YK_CL_VERTICAL] : NULL,
        [YK_CL_REDUCE] = op->shape == YK_REDUCE ? names[YK_CL_REDUCE] : NULL,
    };
    struct yk_error why = {.text = ""};
    enum yk_status status = build_file(device, op->name, kernels, &entry->program, &why);
    if (status == YK_ERR_UNSUPPORTED)
        entry->refused = strdup(why.text);
    return status == YK_OK ? YK_OK : yk_error_set(error, status, "%s", why.text);
}

/* The most rows of a band; 0 where the program cannot run here at all. */
static int most_rows(struct yk_cl_device *device, const struct yk_program *program)
{
    struct yk_rect *rects = calloc(program->count + 1, sizeof *rects);
    int rows = rects ? yk_cl_layout_rows(program, &device->limits, rects) : 1;
    free(rects);
    return rows;
}

static int max_rows(struct yk_device *base, const struct yk_program *program)
{
    int rows = most_rows(of(base), program);
    return rows > 0 ? rows : 1;
}

static enum yk_status prepare_all(struct yk_cl_device *device, const struct yk_program *program,
                                  const struct yk_op *reduce, struct yk_error *error)
{
    static const char *const convert[YK_CL_KERNELS] = {[YK_CL_LOAD] = "yk_load", [YK_CL_STORE] = "yk_store"};
    enum yk_status status = YK_OK;
    if (!device->convert.handle)
        status = build_file(device, "convert", convert, &device->convert, error);
    for (size_t k = 0; program && k < program->count && status == YK_OK; k++)
        status = prepare_op(device, program->steps[k].op_index, error);
    for (size_t k = 0; reduce && k < yk_op_count && status == YK_OK; k++)
        if (yk_op_table[k] == reduce)
            status = prepare_op(device, k, error);
    return status;
}

static enum yk_status prepare(struct yk_device *base, const struct yk_program *program,
                              const struct yk_op *reduce, struct yk_error *error)
{
    struct yk_cl_device *device = of(base);
    if (atomic_load(&device->lost))
        return yk_error_set(error, YK_ERR_LOST, "%s was lost and cannot be used again", device->label);
    if (program && most_rows(device, program) == 0)
        return yk_error_set(error, YK_ERR_UNSUPPORTED, "%s: one row of the result needs more than %llu MiB",
                            device->label, (unsigned long long)(device->limits.all >> 20));
    /* Source or a cached program that the compiler refuses is no fault of the context; bands in flight that
     * do fail have their events to say so. */
    bool before = atomic_load(device->fault);
    enum yk_status status = prepare_all(device, program, reduce, error);
    atomic_store(device->fault, before);
    return status;
}

const struct yk_backend yk_backend_cl = {
    .name = "cl",
    .list = yk_cl_list,
    .open = open_device,
    .prepare = prepare,
    .max_rows = max_rows,
    .submit = yk_cl_submit,
    .wait = yk_cl_wait,
    .close = close_device,
};
