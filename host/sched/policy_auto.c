/* SPDX-License-Identifier: MIT
 * auto: guided packages with a slow start. Each device's rate is measured while it works (and known
 * beforehand where a profile says); from the rates follows when all devices would finish together, and a
 * device takes a part of what it can do until then. */
#include "policy.h"

#include <math.h>

enum {
    LEAST_SAMPLES = 6, /* believed packages that make a rate, where it is not a profile's */
    GROWTH = 4,      /* a package is at most so many times the largest before: a wrong profile costs little */
    LAST_DEARER = 4, /* times that the last rows may be dearer than was thought: without it the regret was up
                        to 15 % at 1:20, burst, 200 ms, 16 lanes */
    HALOS = 64,      /* longest package where that is more: a sixty-fourth is computed twice */
    SPLIT_PACKAGES = 5, /* that a device has more than it would have alone, where several do a job */
    PACKAGE_MS = 250,   /* longest package: driver watchdogs end kernels after 2 to 5 s */
    HALO_MS = 500,      /* longest one that is so long because of the halo */
    COLD_MS = 10 /* of a first package that compiling and first touch may take, where the speed was known */
};

/* Part of what it could do until the end that the fastest device takes as one package; another device. */
static const double KEEP_FAST = 0.33, KEEP_SLOW = 0.25;
/* Part of the job that the first package is, where a profile is believed: of several devices; of one that
 * does it alone, where being wrong costs less (0.05 there: regret 1.5 % instead of 0.5 % at 1:100, 200 ms).
 */
static const double FIRST_PART = 0.05, FIRST_ALONE = 0.2;
/* The same where a halo asks for larger packages: at 600 rows with a halo of 16, small first packages made
 * efficiency 0.81 instead of 0.84 (0.4 here: 0.85, but a profile wrong by 2 then costs more). */
static const double FIRST_WIDE = 0.25;
/* Part of a package's time that may be overhead, but at the end (with 0.05 the packages of learnt rates,
 * where rows grow dearer and look like an overhead, were too large for the balance at 1:1, burst, 200 ms);
 * and the overhead where it is not known: a kernel launch, copies, a wake-up. Part of its rows that may be
 * halo: with eight times the halo as the least package, as was here before, efficiency with a halo of 16 of
 * 4096 rows was 0.89 instead of 0.93. */
static const double OVERHEAD_PART = 0.075, USUAL_OVERHEAD_MS = 0.1, HALO_PART = 0.1;
/* Part of the time left that a slower device's package may take which waits in its second slot. */
static const double AHEAD_PART = 0.05;
/* Part of the time that the others need for the rest which a package of a device that is not measured may
 * take, as far as is known: the least package, because a device may only be slow to start; a larger one. */
static const double RISK_LEAST = 0.5, RISK = 0.25;
/* A rate that is so many times that of a smaller package still rises with the size: the overhead hides it. */
static const double RISING = 1.5;
/* Several devices are used where they are expected to gain 5 % over the best one. Rates known beforehand are
 * within 20 % at best, so that a gain of 5 % may look like one of 3.5 %. */
static const double LEAST_GAIN = 1.035;

/* Weight of the newest package in a device's rate. In the simulator 0.5 to 0.6 keep all gates, also with a
 * wrong profile; with 0.4 the regret at 1:100 is 3.5 %. */
static const double NEWEST_PART = 0.6;

/* Part of its expected time below which a package came back together with the one before: no device becomes
 * so much faster from one package to the next. */
static const double TOGETHER = 0.1;

/* What the policy thinks at one moment. */
struct view {
    double rate[YK_POLICY_DEVICES];  /* rows per ms */
    double ready[YK_POLICY_DEVICES]; /* ms from now until the device is done with what it holds */
    unsigned fastest;
    double rest; /* rows that nobody holds */
    double held; /* rows that devices hold */
};

static double at_most(double a, double b)
{
    return a < b ? a : b;
}

static bool retired(const struct yk_policy_job *job, unsigned device)
{
    return job->devices[device].retired;
}

static struct yk_policy_rate told(const struct yk_policy_job *job, unsigned device)
{
    struct yk_policy_rate none = {0};
    return job->rates ? job->rates[device] : none;
}

/* What the profile says, in rows per ms. */
static double told_rate(const struct yk_policy_job *job, unsigned device)
{
    return told(job, device).rate / (job->row_work > 0.0 ? job->row_work : 1.0);
}

/* The same of a device of which nothing was known when the job began: the small packages of a first look,
 * this job's own among them, are not believed yet. */
static double learned_rate(const struct yk_policy_job *job, unsigned device)
{
    return told(job, device).samples >= job->devices[device].lanes + LEAST_SAMPLES ? told_rate(job, device)
                                                                                   : 0.0;
}

/* Whether the device's rate is known, and not only a lower bound of it. */
static bool measured(const struct yk_policy_state *state, const struct yk_policy_job *job, unsigned device)
{
    return state->estimate[device].trusted || learned_rate(job, device) > 0.0;
}

static double setup_ms(const struct yk_policy_state *state, const struct yk_policy_job *job, unsigned device)
{
    return state->estimate[device].samples ? 0.0 : told(job, device).setup_ns / 1e6;
}

/* ms that the device has worked on its oldest rows. */
static double elapsed_ms(const struct yk_policy_job *job, unsigned device)
{
    return job->oldest[device] ? (double)(job->now_ns - job->since_ns[device]) / 1e6 : 0.0;
}

/* ms until the device is done with what it holds. One that is late by some time is thought to need as long
 * again. */
static double ready_ms(const struct yk_policy_job *job, unsigned device, double rate, double slowed)
{
    double now = (double)job->oldest[device] / rate - elapsed_ms(job, device);
    return (now < 0.0 ? -now : now) + (double)(job->held[device] - job->oldest[device]) / slowed;
}

static void look(struct view *view, const struct yk_policy_state *state, const struct yk_policy_job *job)
{
    double best = 0.0;
    *view = (struct view){.rest = (double)(job->left + job->returned), .fastest = YK_POLICY_DEVICES};
    for (unsigned k = 0; k < job->device_count; k++) {
        const struct yk_policy_estimate *estimate = &state->estimate[k];
        double profile = estimate->trusted ? 0.0 : learned_rate(job, k);
        view->rate[k] = retired(job, k) ? 0.0 : profile > 0.0 ? profile : estimate->rate;
        best = view->rate[k] > best ? view->rate[k] : best;
    }
    for (unsigned k = 0; k < job->device_count; k++) {
        if (retired(job, k))
            continue;
        /* A device of which nothing is known is thought to be as fast as the best: that keeps work for it. */
        if (!(view->rate[k] > 0.0))
            view->rate[k] = best > 0.0 ? best : job->devices[k].lanes;
        /* Rows that should have been back by now say that it is slower than was thought. */
        double oldest = (double)job->oldest[k], rate = view->rate[k], elapsed = elapsed_ms(job, k);
        view->rate[k] = elapsed * rate > oldest && oldest > 0.0 ? oldest / elapsed : rate;
        view->ready[k] = ready_ms(job, k, rate, view->rate[k]) + setup_ms(state, job, k);
        view->rate[k] *= job->busy ? 1.0 - job->busy[k] : 1.0;
        view->held += (double)job->held[k];
        if (view->fastest == YK_POLICY_DEVICES || view->rate[k] > view->rate[view->fastest])
            view->fastest = k;
    }
}

/* When all would finish together, in ms from now: the rows are poured in where they are done soonest, and
 * each device that gets any computes `halo` more. */
static double finish_ms(const struct view *view, unsigned count, double halo)
{
    bool out[YK_POLICY_DEVICES] = {false};
    for (;;) {
        double rate = 0.0, rows = view->rest, end;
        bool again = false;
        for (unsigned k = 0; k < count; k++)
            if (!out[k] && view->rate[k] > 0.0) {
                rate += view->rate[k];
                rows += view->rate[k] * view->ready[k] + halo;
            }
        end = rows / rate;
        for (unsigned k = 0; k < count; k++)
            if (!out[k] && view->rate[k] > 0.0 && view->ready[k] > end)
                out[k] = again = true;
        if (!again)
            return end;
    }
}

/* Whether another device than the fastest has had more than its first look at the job. Where its rate was
 * known, there is no such look: any package of it was meant. */
static bool begun(const struct view *view, const struct yk_policy_state *state,
                  const struct yk_policy_job *job)
{
    for (unsigned k = 0; k < job->device_count; k++) {
        const struct yk_policy_estimate *estimate = &state->estimate[k];
        if (k != view->fastest && !retired(job, k) &&
            (estimate->largest > job->granule * job->devices[k].lanes ||
             (estimate->told && (estimate->samples > 0 || job->held[k] > 0))))
            return true;
    }
    return false;
}

/* Whether more devices than the fastest are expected to pay for this job. Once several have begun, only what
 * is left counts: what they hold is theirs, and noise is not to part them (asked to gain 2.5 % for what was
 * held too, the slower one was sent away before its last package: balance 0.4 at 1:2, 600 rows, a halo of
 * 16). Twice the halo, because a package may find its rows dearer than was thought. */
static bool several_pay(const struct view *view, const struct yk_policy_state *state,
                        const struct yk_policy_job *job)
{
    double rate = view->rate[view->fastest];
    if (begun(view, state, job))
        return view->ready[view->fastest] + view->rest / rate >=
               finish_ms(view, job->device_count, 2.0 * (double)job->halo);
    struct view fresh = *view;
    fresh.rest += fresh.held;
    for (unsigned k = 0; k < job->device_count; k++)
        if (view->rate[k] > 0.0) {
            /* Rows computed twice, and a last package of one granule a lane that the others wait for. */
            uint64_t extra = SPLIT_PACKAGES * job->halo + LAST_DEARER * job->granule;
            fresh.ready[k] =
                setup_ms(state, job, k) + (double)(extra * job->devices[k].lanes) / view->rate[k];
        }
    double alone = setup_ms(state, job, fresh.fastest) + fresh.rest / rate;
    return alone >= LEAST_GAIN * finish_ms(&fresh, job->device_count, 0.0);
}

/* Whether no other device would be done with `rows` rows sooner. */
static bool soonest(const struct view *view, const struct yk_policy_job *job, unsigned device, double rows)
{
    for (unsigned k = 0; k < job->device_count; k++)
        if (view->rate[k] > 0.0 &&
            view->ready[k] + rows / view->rate[k] < view->ready[device] + rows / view->rate[device])
            return false;
    return true;
}

/* Whether the device takes all there is: where it is the only one (the splitter divides it among lanes), and
 * while as many images wait as there are lanes, each lane a whole one: no halo, no merging, no tail. But not
 * one that the lane would still be busy with when the others have done everything. */
static bool takes_all(const struct view *view, const struct yk_policy_state *state,
                      const struct yk_policy_job *job, unsigned device)
{
    uint64_t lanes = 0;
    unsigned devices = 0;
    double rate = 0.0;
    for (unsigned k = 0; k < job->device_count; k++)
        if (!retired(job, k)) {
            lanes += job->devices[k].lanes;
            rate += view->rate[k];
            devices++;
        }
    if (devices == 1)
        return true;
    if (job->waiting + 1 < lanes)
        return false;
    double own = (double)job->devices[device].lanes * view->rest / view->rate[device];
    double all = (view->rest + (double)job->waiting * (double)job->rows) / rate;
    return measured(state, job, device) && own <= all;
}

/* Rows for a device whose rate is not known: as few as there are first, then more, one package at a time,
 * until its rate no longer rises; and none where another might end after all else. Without the rise a device
 * with an overhead of 3 ms was thought fifty times too slow, and given up: efficiency 0.34 at 1:2, 200 ms. */
static double probe_rows(const struct view *view, const struct yk_policy_state *state,
                         const struct yk_policy_job *job, unsigned device)
{
    const struct yk_policy_estimate *estimate = &state->estimate[device];
    double least = at_most((double)job->granule * job->devices[device].lanes, view->rest), others = 0.0;
    if (job->held[device])
        return 0.0;
    for (unsigned k = 0; k < job->device_count; k++)
        others += k != device && measured(state, job, k) ? view->rate[k] : 0.0;
    double rows = at_most(GROWTH * (double)estimate->largest, view->rest);
    if (estimate->rate > 0.0 && others > 0.0) {
        double until_end = view->rest / others * estimate->rate, halo = (double)job->halo;
        if (least + halo > RISK_LEAST * until_end)
            return 0.0;
        rows = at_most(rows, RISK * until_end - halo);
    }
    return rows > least ? rows : least;
}

/* What a package costs besides its rows: told, else what the first small package took beyond its rows. */
static double overhead_ms(const struct yk_policy_state *state, const struct yk_policy_job *job,
                          unsigned device)
{
    const struct yk_policy_estimate *estimate = &state->estimate[device];
    double known = told(job, device).overhead_ns / 1e6;
    if (known > 0.0)
        return known;
    if (estimate->small_ms > 0.0)
        known = estimate->small_ms - estimate->small_rows * estimate->lanes / estimate->rate;
    return known > USUAL_OVERHEAD_MS ? known : USUAL_OVERHEAD_MS;
}

/* Rows for a device whose rate is known: a part of what it can do until all are done; all of that near the
 * end. */
static double guided_rows(const struct view *view, const struct yk_policy_state *state,
                          const struct yk_policy_job *job, unsigned device, double least, bool several)
{
    const struct yk_policy_estimate *estimate = &state->estimate[device];
    bool fastest = device == view->fastest;
    if (!fastest && !several)
        return 0.0;
    double rate = view->rate[device], overhead = overhead_ms(state, job, device), halo = (double)job->halo;

    double end = several ? finish_ms(view, job->device_count, halo) : view->ready[device] + view->rest / rate;
    double share = several ? at_most((end - view->ready[device]) * rate - halo, view->rest) : view->rest;
    double lower = rate * overhead / OVERHEAD_PART + halo / HALO_PART;
    lower = lower < least ? least : lower;
    /* What it holds already counts: a second package in flight hides overheads, it is not for work ahead. But
     * a lane that asks is idle, whatever the others hold. */
    double held = job->devices[device].lanes > 1 ? 0.0 : (double)job->held[device];
    double rows = several ? (share + held) * (fastest ? KEEP_FAST : KEEP_SLOW) - held : share;
    if (rows < lower)
        rows = share < 2.0 * lower ? share : lower;
    if (held > 0.0 && !fastest && rows / rate > AHEAD_PART * end)
        return 0.0;
    double wide = at_most(HALOS * halo, rate * HALO_MS), upper = rate * PACKAGE_MS;
    upper = wide > upper ? wide : upper;
    if (estimate->largest)
        upper = at_most(upper, GROWTH * (double)estimate->largest);
    else {
        double first = rate * (several ? FIRST_PART : FIRST_ALONE) * end;
        double wide_first = at_most(halo / HALO_PART, FIRST_WIDE * rate * end);
        first = wide_first > first ? wide_first : first;
        upper = at_most(upper, 4.0 * overhead * rate > first ? 4.0 * overhead * rate : first);
    }
    return at_most(rows, upper < least ? least : upper);
}

/* Rounded down to whole granules, at least one; but no more than there is. */
static uint64_t granular(double rows, uint64_t granule, uint64_t most)
{
    if (rows + 0.5 >= (double)most)
        return most;
    uint64_t whole = (uint64_t)(rows + 0.5) / granule * granule;
    whole = whole ? whole : granule;
    return whole < most ? whole : most;
}

static uint64_t take(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job,
                     uint64_t most)
{
    struct view view;
    if (retired(job, device))
        return 0;
    look(&view, state, job);
    uint64_t granule = job->granule;
    if (takes_all(&view, state, job, device))
        return job->devices[device].lanes == 1 && measured(state, job, device)
                   ? granular(view.rate[device] * PACKAGE_MS, granule, most)
                   : most;
    /* At the end a package may be half halo: the others are done with the other half meanwhile. */
    double least = (double)(job->halo > granule ? job->halo : granule) * job->devices[device].lanes;
    bool several = several_pay(&view, state, job), known = measured(state, job, device);
    double rows = known ? guided_rows(&view, state, job, device, least, several)
                        : probe_rows(&view, state, job, device);
    double smallest = at_most(known ? least : (double)granule, view.rest);
    if (rows < smallest) {
        /* Less than a package: for the device that would be done with one soonest. While nobody works,
         * somebody takes it in any case, so that the job goes on. */
        bool first = soonest(&view, job, device, smallest);
        bool must = view.held <= 0.0 && (several ? first : device == view.fastest);
        rows = (rows > 0.0 && first) || must ? smallest : 0.0;
    }
    return rows > 0.0 ? granular(rows, granule, most) : 0;
}

static void auto_start(struct yk_policy_state *state, const struct yk_policy_job *job)
{
    state->halo = job->halo;
    for (unsigned k = 0; k < job->device_count; k++) {
        double rate = told_rate(job, k);
        state->estimate[k] = (struct yk_policy_estimate){
            .rate = rate, .told = rate > 0.0, .trusted = rate > 0.0, .lanes = job->devices[k].lanes};
    }
}

static uint64_t auto_next(struct yk_policy_state *state, unsigned device, const struct yk_policy_job *job)
{
    return take(state, device, job, job->left);
}

/* Takes a package into a trusted rate. Of two bands in flight that the device works on by turns, the first
 * comes back with the time of both, and the second at once after it, as if it had taken none: together they
 * are one package. One by one, a device of PoCL looked 30 times too fast, and balance at 1:2, 2 s, was 0.6.
 */
static void renew(struct yk_policy_estimate *estimate, double rows, double ms)
{
    if (ms < TOGETHER * rows * estimate->lanes / estimate->rate && estimate->last_ms > 0.0) {
        estimate->last_rows += rows;
        estimate->last_ms += ms;
    } else {
        estimate->before = estimate->rate;
        estimate->last_rows = rows;
        estimate->last_ms = ms;
    }
    double rate = estimate->last_rows * estimate->lanes / estimate->last_ms;
    /* A mean of ratios: rows that have become four times as dear are noticed as soon as ones that became
     * cheap (a mean of rates takes three times as long: balance 0.945 instead of 0.974 in the worst case of
     * the gates, 1:20, burst, 200 ms). */
    estimate->rate = estimate->before * pow(rate / estimate->before, NEWEST_PART);
}

static void auto_done(struct yk_policy_state *state, unsigned device, uint64_t rows, uint64_t nanoseconds,
                      bool ok)
{
    struct yk_policy_estimate *estimate = &state->estimate[device];
    if (!ok)
        return;
    estimate->samples++;
    if (rows * estimate->lanes > estimate->largest)
        estimate->largest = rows * estimate->lanes;
    if (nanoseconds == 0) { /* no clock: all lanes are thought equal */
        estimate->trusted = estimate->trusted || estimate->samples > estimate->lanes;
        return;
    }

    double all_rows = (double)(rows + state->halo), ms = (double)nanoseconds / 1e6;
    double rate = all_rows * estimate->lanes / ms;
    if (estimate->samples <= estimate->lanes) {
        /* It pays for compiling and first touch: a lower bound. Where more was known, it is believed as far
         * as that cannot be the reason. */
        if (!estimate->trusted) {
            estimate->rate = rate;
            return;
        }
        double expected = all_rows * estimate->lanes / estimate->rate;
        if (ms > expected)
            ms = ms - COLD_MS > expected ? ms - COLD_MS : expected;
    }
    if (estimate->trusted) {
        renew(estimate, all_rows, ms);
        return;
    }
    if (!(estimate->small_ms > 0.0)) {
        estimate->small_rows = all_rows;
        estimate->small_ms = ms;
    }
    estimate->trusted = rate <= RISING * estimate->rate;
    estimate->rate = rate;
}

const struct yk_policy yk_policy_auto = {
    .name = "auto",
    .usage = "auto",
    .doc = "packages by measured speed, so that all devices finish together; the best device alone where "
           "more of them "
           "would not pay",
    .shared = true,
    .start = auto_start,
    .next = auto_next,
    .again = take,
    .done = auto_done,
};
