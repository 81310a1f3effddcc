/* SPDX-License-Identifier: MIT
 * `yoke image`: checks everything, then runs the batch and tells what became of it. */
#include "commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yoke/yoke.h>

#include "decorations.h"
#include "escape.h"
#include "exit.h"
#include "explain.h"
#include "image_options.h"
#include "option.h"
#include "outcome.h"
#include "progress.h"
#include "replace.h"
#include "report.h"
#include "signals.h"
#include "stats.h"
#include "trace.h"

const char *const cli_overwrite_words[] = {"never", "always", "newer", NULL};
const char *const cli_io_words[] = {"auto", "uring", "posix", NULL};
const char *const cli_png_words[] = {"balanced", "fast", "small", "0", "1", "2", "3",
                                     "4",        "5",    "6",     "7", "8", "9", NULL};
static const char *const depth_words[] = {"auto", "8", "16", NULL};
static const char *const device_error_words[] = {"fallback", "fail", NULL};
static const char *const progress_words[] = {"auto", "always", "never", NULL};

#define FIELD(name) offsetof(struct cli_image, name)

static const struct cli_option options[] = {
    {"output", 'o', CLI_PATH, FIELD(output), "OUT", NULL, 0, 0,
     "a folder, a template, one file, or - for standard output"},
    {"recursive", 'r', CLI_FLAG, FIELD(recursive), NULL, NULL, 0, 0,
     "go into folders for their PNG files; OUT mirrors the tree"},
    {"files-from", 0, CLI_PATH, FIELD(files_from), "FILE", NULL, 0, 0,
     "more inputs, one name per line of FILE (- is standard input)"},
    {"null", '0', CLI_FLAG, FIELD(null), NULL, NULL, 0, 0, "names in --files-from end with a NUL byte"},
    {"overwrite", 0, CLI_CHOICE, FIELD(overwrite), NULL, cli_overwrite_words, 0, 0,
     "outputs that exist: keep them (the default), replace them, or replace those that are older than their "
     "input"},
    {"in-place", 0, CLI_FLAG, FIELD(in_place), NULL, NULL, 0, 0,
     "replace each input by its result (without -o), or allow that"},
    {"devices", 'd', CLI_TEXT, FIELD(devices), "LIST", NULL, 0, 0,
     "auto, cpu, gpu, cl, cl:P.D, all, or several with commas"},
    {"sched", 0, CLI_TEXT, FIELD(sched), "POLICY", NULL, 0, 0,
     "how rows are shared out: auto (the default), guided[:K], dynamic[:ROWS], static[:W,W,...], single[:N]"},
    {"profile", 0, CLI_PATH, FIELD(profile), "FILE", NULL, 0, 0,
     "the devices' rates, read and renewed where several are used (off: none; default: in the user's cache)"},
    {"calibrate", 0, CLI_FLAG, FIELD(calibrate), NULL, NULL, 0, 0,
     "before the run measure each of several devices on the first file"},
    {"explain-devices", 0, CLI_FLAG, FIELD(explain), NULL, NULL, 0, 0,
     "before the run (or with --dry-run) print which devices are used and why"},
    {"strict-devices", 0, CLI_FLAG, FIELD(strict_devices), NULL, NULL, 0, 0,
     "a device that is missing or fails ends the run (exit code 5)"},
    {"on-device-error", 0, CLI_CHOICE, FIELD(on_device_error), NULL, device_error_words, 0, 0,
     "a device that fails: the others do its rows (the default), or the run ends (exit code 3)"},
    {"device-timeout", 0, CLI_NUMBER, FIELD(device_timeout), "SECONDS", NULL, 1, 1000000,
     "a device that takes longer for one band has failed (default: 5, or 20 times what it should take)"},
    {"verify", 0, CLI_NUMBER, FIELD(verify), "PCT", NULL, 0, 100,
     "compute so many per cent of the bands of other devices on the CPU too, and compare"},
    {"throttle", 0, CLI_TEXTS, FIELD(throttle), "DEV=F", NULL, 0, 0,
     "for trying out schedules: the device (cpu, cl:P.D) takes F times as long; may be given again"},
    {"threads", 'j', CLI_NUMBER, FIELD(threads), "N", NULL, 1, 4096,
     "CPU threads (default: one per processor)"},
    {"mem", 'm', CLI_SIZE, FIELD(memory), "SIZE", NULL, UINT64_C(1) << 20, UINT64_C(1) << 50,
     "memory for images in flight, as in 512M or 2G (default: a quarter of the machine's)"},
    {"png", 0, CLI_CHOICE, FIELD(png), "EFFORT", cli_png_words, 0, 0,
     "compression of the outputs: balanced (the default), fast, small, or a level 0 .. 9"},
    {"depth", 0, CLI_CHOICE, FIELD(depth), NULL, depth_words, 0, 0, "bits per sample of the outputs"},
    {"strip", 0, CLI_FLAG, FIELD(strip), NULL, NULL, 0, 0,
     "drop EXIF, density and text; the colour description stays, or the picture would look different"},
    {"keep", 0, CLI_TEXT, FIELD(keep), "KINDS", NULL, 0, 0,
     "keep only these: all, none, or some of colour, exif, density, text with commas"},
    {"max-pixels", 0, CLI_NUMBER, FIELD(max_pixels), "N", NULL, 1, UINT64_C(1) << 40,
     "refuse larger images (default: 268402689)"},
    {"io", 0, CLI_CHOICE, FIELD(io), NULL, cli_io_words, 0, 0, "how files are read and written"},
    {"fail-fast", 0, CLI_FLAG, FIELD(fail_fast), NULL, NULL, 0, 0, "stop at the first file that fails"},
    {"dry-run", 'n', CLI_FLAG, FIELD(dry_run), NULL, NULL, 0, 0, "print the plan and touch nothing"},
    {"report", 0, CLI_PATH, FIELD(report), "FILE.json", NULL, 0, 0, "write what became of every file"},
    {"stats", 0, CLI_FLAG, FIELD(stats), NULL, NULL, 0, 0, "print where the time went"},
    {"trace", 0, CLI_PATH, FIELD(trace), "FILE.json", NULL, 0, 0,
     "write what was done when, for ui.perfetto.dev or chrome://tracing"},
    {"progress", 0, CLI_CHOICE, FIELD(progress), NULL, progress_words, 0, 0,
     "auto: a bar on a terminal; always: else plain lines"},
    {"quiet", 'q', CLI_FLAG, FIELD(quiet), NULL, NULL, 0, 0, "print errors only"},
    {NULL, 0, CLI_FLAG, 0, NULL, NULL, 0, 0, NULL},
};

/* The bits of the run that outlive the library's calls. */
struct run {
    const struct cli_image *image;
    struct cli_decorations decorations;
    struct yk_pipeline *pipeline;
    struct yk_batch_plan plan;
    struct yk_batch_summary summary;
};

static const char *files(size_t count)
{
    return count == 1 ? "file" : "files";
}

/* ---- before the run ---- */

static int effort(unsigned word)
{
    static const int named[] = {YK_EFFORT_BALANCED, YK_EFFORT_FAST, YK_EFFORT_SMALL};
    const unsigned names = sizeof named / sizeof *named;
    return word < names ? named[word] : (int)(word - names);
}

/* The kinds of metadata that --strip and --keep leave out, as bits; a negative number where --keep has an
 * unknown word. */
static int dropped_kinds(const struct cli_image *image)
{
    static const struct {
        const char *word;
        int kinds;
    } words[] = {{"all", 15},
                 {"none", 0},
                 {"colour", YK_METADATA_COLOUR},
                 {"exif", YK_METADATA_EXIF},
                 {"density", YK_METADATA_DENSITY},
                 {"text", YK_METADATA_TEXT}};
    int kept = image->keep ? 0 : image->strip ? YK_METADATA_COLOUR : 15;
    for (const char *at = image->keep; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL) {
        size_t length = strcspn(at, ","), k = 0, count = sizeof words / sizeof *words;
        while (k < count && (strlen(words[k].word) != length || memcmp(words[k].word, at, length) != 0))
            k++;
        if (k == count)
            return -1;
        kept |= words[k].kinds;
    }
    return 15 & ~kept;
}

static int check_words(const struct cli_command *command, struct cli_image *image,
                       const struct cli_words *words)
{
    if (words->count == 0)
        return cli_usage_error(command, "no pipeline: the first argument, as in 'resize 50%% | blur 2'");
    image->pipeline = words->words[0];
    if (words->count == 1 && !image->files_from)
        return cli_usage_error(command,
                               "no input: files, folders with -r, --files-from FILE, or - come after the "
                               "pipeline");
    if (!image->output && !image->in_place)
        return cli_usage_error(command, "no output: -o names a folder, a template, a file, or -; --in-place "
                                        "replaces the inputs");
    if (image->keep && image->strip)
        return cli_usage_error(command, "--strip and --keep exclude each other");
    if (dropped_kinds(image) < 0)
        return cli_usage_error(command,
                               "--keep '%s': accepted are all, none, or some of colour, exif, density, text "
                               "with commas",
                               image->keep);
    if (image->report && image->trace && strcmp(image->report, image->trace) == 0)
        return cli_usage_error(command, "--report and --trace name the same file");
    if (image->null && !image->files_from)
        return cli_usage_error(command,
                               "-0 says how the names in --files-from end; there is no --files-from");
    if (image->output && strcmp(image->output, "-") == 0 && !image->dry_run && isatty(STDOUT_FILENO))
        return cli_usage_error(command,
                               "-o - would write an image to the terminal; redirect standard output");
    return CLI_GO_ON;
}

static int parse_pipeline(struct run *run)
{
    struct yk_error error;
    enum yk_status status = yk_pipeline_parse(&run->pipeline, run->image->pipeline, &error);
    struct stat info;
    if (status == YK_OK)
        return CLI_GO_ON;
    cli_error("image", "%s", error.text);
    if (status != YK_ERR_NOMEM && stat(run->image->pipeline, &info) == 0)
        cli_error("image", "'%s' is a file: the pipeline comes first, then the inputs", run->image->pipeline);
    return cli_exit_for(status);
}

static struct yk_batch_options batch_options(const struct run *run)
{
    const struct cli_image *image = run->image;
    return (struct yk_batch_options){
        .devices = image->devices,
        .sched = image->sched,
        .profile = image->profile && strcmp(image->profile, "off") == 0 ? "" : image->profile,
        .calibrate = image->calibrate,
        .strict_devices = image->strict_devices,
        .stop_on_device_error = image->on_device_error == 1,
        .verify = (unsigned)image->verify,
        .device_timeout_ms = (unsigned)image->device_timeout * 1000,
        .decorations = run->decorations.list,
        .decoration_count = run->decorations.count,
        .threads = (unsigned)image->threads,
        .memory = image->memory,
        /* The plan has sorted out which outputs are kept; in place, what stands there is the input. */
        .overwrite = image->in_place ? YK_OVERWRITE_ALWAYS : (enum yk_overwrite)image->overwrite,
        .fail_fast = image->fail_fast,
        .limits = {.max_pixels = image->max_pixels},
        .encode = {.level = effort(image->png)},
        .depth = image->depth * 8,
        .drop = (unsigned)dropped_kinds(image),
        .io = (enum yk_io_engine)image->io,
    };
}

static int make_plan(struct run *run, const struct cli_words *words)
{
    const struct cli_image *image = run->image;
    struct yk_error error;
    struct yk_batch_options options_now = batch_options(run);
    enum yk_status status = yk_batch_check(&options_now, &error);
    if (status == YK_OK) {
        struct yk_batch_sources sources = {.paths = (const char *const *)(words->words + 1),
                                           .path_count = words->count - 1,
                                           .recursive = image->recursive,
                                           .files_from = image->files_from,
                                           .nul_separated = image->null,
                                           .output = image->output,
                                           .overwrite = (enum yk_overwrite)image->overwrite,
                                           .in_place = image->in_place};
        status = yk_batch_plan_make(&run->plan, &sources, &error);
    }
    if (status != YK_OK) {
        cli_error("image", "%s", error.text);
        return cli_exit_for(status);
    }
    if (run->plan.count == 0) {
        cli_error("image", "no input was found: %s",
                  words->count > 1 ? "there are no PNG files in the folders given"
                                   : "the list of files is empty");
        return EXIT_USAGE;
    }
    if (!image->dry_run && ((image->report && !cli_replace_check("report", image->report)) ||
                            (image->trace && !cli_replace_check("trace", image->trace))))
        return EXIT_USAGE;
    return image->explain ? cli_explain_devices(image, &run->plan, run->pipeline, &options_now) : CLI_GO_ON;
}

static size_t count_state(const struct yk_batch_plan *plan, enum yk_item_state state)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->count; i++)
        count += plan->items[i].state == state;
    return count;
}

static int print_plan(const struct run *run)
{
    size_t length = yk_pipeline_length(run->pipeline);
    fputs("pipeline: ", stdout);
    cli_put(stdout, run->image->pipeline, false);
    printf(" (%zu %s)\n", length, length == 1 ? "operation" : "operations");
    for (size_t i = 0; i < run->plan.count; i++) {
        const struct yk_batch_item *item = &run->plan.items[i];
        bool is_planned = item->state == YK_ITEM_PLANNED;
        fputs(is_planned ? "" : item->state == YK_ITEM_SKIPPED ? "skip: " : "fail: ", stdout);
        cli_put(stdout, item->input, false);
        fputs(" -> ", stdout);
        cli_put(stdout, item->output, false);
        if (!is_planned && item->reason) {
            fputs(" (", stdout);
            cli_put(stdout, item->reason, false);
            putchar(')');
        }
        putchar('\n');
    }
    return cli_close_output(count_state(&run->plan, YK_ITEM_FAILED) ? EXIT_SOME_FAILED : EXIT_DONE);
}

/* ---- after the run ---- */

static void print_outcome(const struct run *run)
{
    const struct yk_batch_plan *plan = &run->plan;
    const struct cli_image *image = run->image;
    size_t skipped = count_state(plan, YK_ITEM_SKIPPED), failed = count_state(plan, YK_ITEM_FAILED);
    if (!image->quiet && image->stats)
        cli_stats_print(stderr, &run->summary);
    if (!image->quiet && skipped > 0)
        fprintf(stderr, "yoke image: skipped %zu %s whose output %s (--overwrite always replaces %s)\n",
                skipped, files(skipped),
                image->overwrite == YK_OVERWRITE_NEWER ? "is newer than the input" : "exists",
                skipped == 1 ? "it" : "them");
    cli_outcome_failures(plan);
    cli_outcome_suspects(plan);
    if (failed > 0 && image->fail_fast && count_state(plan, YK_ITEM_CANCELLED) > 0)
        fprintf(stderr, "yoke image: stopped at the first failure (--fail-fast); %zu of %zu %s not done\n",
                count_state(plan, YK_ITEM_CANCELLED), plan->count,
                plan->count == 1 ? "file was" : "files were");
}

/* What the run as a whole came to: its exit code, and the word and sentence for the report. */
static int judge(struct run *run, enum yk_status status, const struct yk_error *error, const char **outcome)
{
    int caught = cli_signals_caught();
    *outcome = "done";
    if (status == YK_ERR_CANCELLED && caught) {
        *outcome = "stopped";
        fprintf(stderr, "yoke image: stopped by signal %d: %zu of %zu files were done\n", caught,
                count_state(&run->plan, YK_ITEM_DONE), run->plan.count);
        return EXIT_SIGNAL + caught;
    }
    if (status != YK_OK) {
        *outcome = "failed";
        cli_error("image", "%s", error->text);
        if (run->summary.device_failed)
            return run->image->strict_devices ? EXIT_MISSING : EXIT_INCOMPLETE;
        return cli_exit_for(status);
    }
    if (run->summary.suspects > 0)
        return EXIT_WRONG;
    return count_state(&run->plan, YK_ITEM_FAILED) ? EXIT_SOME_FAILED : EXIT_DONE;
}

static int run_plan(struct run *run)
{
    const struct cli_image *image = run->image;
    struct cli_progress progress;
    struct yk_batch_observer observer = {.context = &progress,
                                         .progress = cli_progress_update,
                                         .notice = cli_progress_notice,
                                         .item = cli_progress_item,
                                         .stop = cli_signals_stop};
    struct yk_batch_options options_now = batch_options(run);
    struct yk_error error = {YK_OK, ""};
    enum yk_status status = YK_OK;
    const char *outcome;
    options_now.trace = image->trace ? yk_trace_make() : NULL;
    if (image->trace && !options_now.trace) {
        cli_error("image", "out of memory for the trace");
        return cli_exit_for(YK_ERR_NOMEM);
    }
    if (count_state(&run->plan, YK_ITEM_PLANNED) > 0) {
        cli_progress_start(&progress, (enum cli_progress_mode)image->progress, image->quiet, &run->plan);
        cli_signals_start();
        status = yk_batch_run(&run->plan, run->pipeline, &options_now, &observer, &run->summary, &error);
        cli_progress_end(&progress);
    } else { /* nothing to do, so no device is opened for it */
        run->summary.skipped = count_state(&run->plan, YK_ITEM_SKIPPED);
        run->summary.failed = count_state(&run->plan, YK_ITEM_FAILED);
    }
    print_outcome(run);
    int code = judge(run, status, &error, &outcome);
    if (image->report &&
        !cli_report_write(image, &run->plan, &run->summary, outcome, status == YK_OK ? NULL : error.text,
                          code) &&
        code == EXIT_DONE)
        code = EXIT_SOME_FAILED;
    if (image->trace && !cli_trace_write(image->trace, options_now.trace) && code == EXIT_DONE)
        code = EXIT_SOME_FAILED;
    yk_trace_free(options_now.trace);
    return code;
}

static int run(const struct cli_command *command, int count, char **argv)
{
    struct cli_image image = {0};
    struct run state = {.image = &image};
    struct cli_words words;
    int code = cli_parse(command, count, argv, &image, &words);
    if (code != CLI_GO_ON)
        return code;
    code = check_words(command, &image, &words);
    if (code == CLI_GO_ON)
        code = cli_decorations_read(command, &image.throttle, &state.decorations);
    if (code == CLI_GO_ON)
        code = parse_pipeline(&state);
    if (code == CLI_GO_ON)
        code = make_plan(&state, &words);
    if (code == CLI_GO_ON)
        code = image.dry_run ? print_plan(&state) : run_plan(&state);
    yk_batch_plan_free(&state.plan);
    yk_pipeline_free(state.pipeline);
    cli_decorations_free(&state.decorations);
    free(words.words);
    return code;
}

const struct cli_command cli_command_image = {
    .name = "image",
    .arguments = "PIPELINE INPUT... -o OUT [OPTION]...",
    .doc = "Put PNG images through a pipeline of operations",
    .details = "PIPELINE is one argument: operations with | between them, their arguments in\n"
               "order or by name: 'resize 50% | blur 2 | sharpen 1 amount=0.8'. 'yoke ops' lists\n"
               "the operations.\n"
               "INPUT is a file, a folder (with -r), or - for standard input.\n"
               "OUT ending in / or existing as a folder is a folder. With braces it is a\n"
               "template: {dir} is the input's folder (with -r below the one given), {name} its\n"
               "name without extension, {ext} its extension, {index} its number in the batch.\n"
               "The whole plan is checked before the first file is read. A file that fails is\n"
               "listed at the end, and the others are done.\n"
               "With several devices --stats and --report compare the time of computing with\n"
               "that of the best device alone, which is predicted from the rates of the run:\n"
               "speed-up is alone / together, efficiency the part of the devices' time that\n"
               "could be used and was, balance when the first had finished / when the last.\n"
               "\n"
               "  yoke image 'resize 50% | sharpen 1' *.png -o small/\n"
               "  yoke image 'resize 1600x1600' -r photos -o web --report web.json\n"
               "  yoke image 'grayscale' a.png -o 'gray/{name}-{index}.png'\n",
    .options = options,
    .complete = "file",
    .run = run,
};
