/* SPDX-License-Identifier: MIT
 * The lines of --explain-devices (contract in explain.h). */
#include "explain.h"

#include <stdio.h>

#include "escape.h"
#include "exit.h"

static void put_line(const char *id, const char *verdict, const char *text)
{
    fprintf(stderr, "  %-9s %-9s ", id, verdict);
    cli_put(stderr, text, false);
    fputc('\n', stderr);
}

int cli_explain_devices(const struct cli_image *image, struct yk_batch_plan *plan,
                        const struct yk_pipeline *pipeline, const struct yk_batch_options *options)
{
    struct yk_batch_outlook outlook;
    struct yk_error error;
    enum yk_status status = yk_batch_outlook_make(&outlook, plan, pipeline, options, &error);
    if (status != YK_OK) {
        cli_error("image", "%s", error.text);
        return cli_exit_for(status);
    }
    fputs("yoke image: devices '", stderr);
    cli_put(stderr, image->devices ? image->devices : "auto", false);
    fputs("', schedule '", stderr);
    cli_put(stderr, image->sched ? image->sched : "auto", false);
    fputs("':\n", stderr);
    for (size_t k = 0; k < outlook.device_count; k++)
        put_line(outlook.devices[k].id, outlook.devices[k].used ? "used" : "not used",
                 outlook.devices[k].why);
    if (*outlook.search)
        put_line("OpenCL", "none", outlook.search);
    fputs("  so: ", stderr);
    cli_put(stderr, outlook.conclusion, false);
    fputc('\n', stderr);
    return CLI_GO_ON;
}
