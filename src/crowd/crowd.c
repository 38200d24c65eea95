#include "crowd/crowd.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "call/remote.h"
#include "crowd/crowd_line.h"
#include "crowd/gate.h"
#include "err/err.h"
#include "term/progress.h"

#define LEAD_MS     100 /* from the last account to the first arrival */
#define TOKENS_MAX  (UINT64_C(400) * CROWD_USERS_MAX)
#define ANSWERS_MAX (256u << 20)
#define ATTEND_NS   (50 * NS_PER_MS) /* how soon an interruption is seen */

/* ---- the plan ---- */

/* All that chance decides before the clock starts, so that a seed gives the same crowd again. */
static void plan(struct crowd *crowd, const struct wish_pool *pool)
{
    const struct crowd_options *options = &crowd->options;
    struct chance_seeded seeded;
    struct chance *chance = &seeded.chance;
    chance_seed(&seeded, options->seed);
    for (uint32_t i = 0; i < options->users; i++) {
        struct crowd_person *person = &crowd->people[i];
        person->arrives_ns =
            wish_arrival(i, options->users, options->within_ns, options->shape, chance);
        person->party =
            (uint8_t)(options->party.min +
                      chance_below(chance, options->party.max - options->party.min + 1));
        if (options->seats.kind != WISH_BEST) {
            person->seat_count = (uint8_t)wish_pick(pool, person->party, chance, person->seats);
            person->party = person->seat_count;
        }
        person->abandons = chance_unit(chance) >= options->abandon ? 0
                           : chance_below(chance, 2) == 0          ? 1
                                                                   : 2;
        person->refreshes = options->refresh > 0 && chance_unit(chance) < options->refresh;
    }
}

/* ---- a part of the way: it goes on in a fiber, and another looks after it ---- */

struct part {
    struct crowd_gate *gate;
    void (*body)(struct crowd_gate *gate);
    atomic_uint *done;
    const char *what;
    uint32_t total;
    struct scope scope;
};

static void go(void *arg)
{
    struct part *part = arg;
    part->body(part->gate);
}

/* Shows how far it is, by gate 0, and ends it when all is to end. */
static void attend(void *arg)
{
    struct part *part = arg;
    const bool quiet = part->gate->index != 0 || part->gate->crowd->options.quiet;
    struct progress progress;
    progress_start_on(&progress, part->what, part->total, clock_system(),
                      !quiet && isatty(STDERR_FILENO) ? stderr : NULL);
    while (fiber_sleep_until(fiber_now_ns() + ATTEND_NS) == 0) {
        if (gate_stopped(part->gate))
            scope_cancel(&part->scope);
        progress_at(&progress, atomic_load(part->done));
    }
    progress_end(&progress);
}

static void run_part(struct crowd_gate *gate, void (*body)(struct crowd_gate *gate),
                     atomic_uint *done, const char *what, uint32_t total)
{
    struct part part = {.gate = gate, .body = body, .done = done, .what = what, .total = total};
    struct scope beside;
    scope_init(&part.scope);
    scope_init(&beside);
    int err = gate_stopped(gate) ? 0 : fiber_spawn(&part.scope, go, &part);
    if (!err)
        err = fiber_spawn(&beside, attend, &part);
    if (err)
        gate_fail(gate, err, "no fiber can be made: %s", err_text(err));
    err = scope_join(&part.scope, DEADLINE_NEVER);
    assert(!err); /* nobody cancels a gate's first fiber */
    scope_close(&beside);
}

/* ---- the parts, in step ---- */

/* All gates meet here. It blocks the thread, on which nothing else happens now. */
static void meet(struct crowd_gate *gate)
{
    pthread_barrier_wait(&gate->shared->barrier);
}

/* Connections, accounts and the plan. False where nobody can be sent; the same for all gates: none
 * fails between two meetings. */
static bool prepare(struct crowd_gate *gate)
{
    struct crowd_shared *shared = gate->shared;
    struct crowd *crowd = gate->crowd;
    const int64_t begun_ns = clock_mono_ns(clock_system());
    gate_heard(gate, begun_ns);
    run_part(gate, gate_connect, &shared->opened, "opening connections",
             crowd->options.connections);
    run_part(gate, gate_accounts, &shared->made, "making accounts", crowd->options.users);
    meet(gate);
    if (gate->index == 0 && gate_stopped(gate))
        gate_fail(gate, ERR_CANCELLED, "interrupted"); /* unless it has failed for another reason */
    if (gate->index == 0 && !atomic_load(&shared->err)) {
        plan(crowd, &shared->pool);
        crowd->start_ns = deadline_after_ms(clock_mono_ns(clock_system()), LEAD_MS);
        crowd->prepare_ns = crowd->start_ns - begun_ns;
    }
    meet(gate);
    return atomic_load(&shared->err) == 0;
}

/* The silence of a server that has not been heard since people came counts from the last arrival;
 * but one more question is always put. */
static void begin_second_look(struct crowd_gate *gate)
{
    const struct gate_patience patience = gate_silence(gate, CROWD_AGAIN_LEAST_MS);
    const struct crowd *crowd = gate->crowd;
    gate_heard(gate, crowd->start_ns + crowd->options.within_ns);
    gate_heard(gate, deadline_after_ms(clock_mono_ns(clock_system()), CROWD_AGAIN_LEAST_MS) -
                         patience.silence_ns);
}

static void pass_through(void *arg)
{
    struct crowd_gate *gate = arg;
    struct crowd_shared *shared = gate->shared;
    struct crowd *crowd = gate->crowd;
    uint32_t orders = 0;
    if (!prepare(gate))
        return;
    run_part(gate, gate_rush, &shared->answered, "stampede", crowd->options.users);
    meet(gate);
    const int64_t verify_ns = clock_mono_ns(clock_system());
    for (uint32_t i = 0; gate->index == 0 && i < crowd->options.users; i++)
        orders += crowd->people[i].outcome == CROWD_ORDERED;
    begin_second_look(gate);
    run_part(gate, gate_verify, &shared->asked, "asking again for every order", orders);
    meet(gate);
    run_part(gate, gate_counts, &shared->asked, "counting seats", orders);
    if (gate->index == 0) {
        crowd->verify_ns = clock_mono_ns(clock_system()) - verify_ns;
        crowd->interrupted = gate_stopped(gate);
    }
}

static void run_gate(void *arg)
{
    struct crowd_gate *gate = arg;
    pass_through(gate);
    for (uint32_t i = 0; gate->channels && i < gate->channel_count; i++) {
        if (!gate->channels[i])
            continue;
        const uint32_t opened = remote_opened(gate->channels[i]);
        gate->reconnects += opened > 1 ? opened - 1 : 0;
        channel_free(gate->channels[i]);
    }
}

static void *run_thread(void *arg)
{
    struct crowd_gate *gate = arg;
    int err = fiber_main(run_gate, gate);
    /* Whoever cannot even begin would leave the others waiting at the barrier for ever. */
    assert(!err);
    return NULL;
}

/* ---- what came of it ---- */

static int check_claims(struct crowd *crowd)
{
    size_t count = 0;
    struct claim *claims = calloc(crowd->seats_held + 1, sizeof(*claims));
    if (!claims)
        return ERR_NO_MEMORY;
    for (uint32_t i = 0; i < crowd->options.users; i++) {
        const struct crowd_person *person = &crowd->people[i];
        for (uint32_t k = 0; person->held && k < person->seat_count; k++) {
            claims[count] = person->claim;
            claims[count].seat = person->seats[k];
            claims[count++].person = i;
        }
    }
    crowd->claim_count = count;
    int err = claims_check(claims, count, crowd->conflicts, CROWD_CONFLICTS_SHOWN,
                           &crowd->conflict_count);
    free(claims);
    return err;
}

static int sum_up(struct crowd *crowd)
{
    for (uint32_t i = 0; i < crowd->options.users; i++) {
        const struct crowd_person *person = &crowd->people[i];
        crowd->outcomes[person->outcome]++;
        crowd->again += person->again;
        crowd->held_count += person->held;
        crowd->order_wishes += person->held && crowd->options.order && person->abandons == 0;
        crowd->orders_there += person->second_look == CROWD_THERE;
        crowd->orders_lost += person->second_look == CROWD_LOST;
        crowd->seats_held += person->held ? person->seat_count : 0;
        crowd->seats_sold += person->outcome == CROWD_ORDERED ? person->seat_count : 0;
        if (person->hold_ns > crowd->rush_ns)
            crowd->rush_ns = person->hold_ns;
        if (person->order_ns > crowd->rush_ns)
            crowd->rush_ns = person->order_ns;
    }
    int err = crowd->options.line ? crowd_line_sum(crowd) : 0;
    return err == 0 ? check_claims(crowd) : err;
}

/* ---- all of it ---- */

static int run_gates(struct crowd_shared *shared, struct crowd_gate *gates)
{
    pthread_t threads[CROWD_THREADS_MAX];
    struct crowd *crowd = shared->crowd;
    uint32_t made = 1;
    for (uint32_t i = 0; i < shared->gate_count; i++) {
        struct crowd_gate *gate = &gates[i];
        gate->shared = shared;
        gate->crowd = crowd;
        gate->index = i;
        arena_init(&gate->tokens, TOKENS_MAX);
        arena_init(&gate->answers, ANSWERS_MAX);
        chance_seed(&gate->chance, crowd->options.seed + 1 + i);
    }
    while (made < shared->gate_count &&
           pthread_create(&threads[made], NULL, run_thread, &gates[made]) == 0)
        made++;
    /* Those that were made wait for all: there is no way on with fewer. */
    assert(made == shared->gate_count);
    run_thread(&gates[0]);
    for (uint32_t i = 1; i < made; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&shared->err);
}

int crowd_run(struct crowd *crowd, const struct crowd_options *options)
{
    assert(options->users > 0 && options->users <= CROWD_USERS_MAX);
    assert(options->threads > 0 && options->threads <= CROWD_THREADS_MAX);
    assert(options->tries > 0 && options->tries <= CROWD_TRIES_MAX);
    struct crowd_shared shared = {.crowd = crowd, .gate_count = options->threads};
    struct crowd_gate *gates = calloc(options->threads, sizeof(*gates));
    crowd->options = *options;
    crowd->reason_count = 1;
    crowd->people = calloc(options->users, sizeof(*crowd->people));
    if (!crowd->people || !gates) {
        free(gates);
        snprintf(crowd->error, sizeof(crowd->error), "out of memory for %u people", options->users);
        return ERR_NO_MEMORY;
    }
    pthread_mutex_init(&shared.mutex, NULL);
    pthread_barrier_init(&shared.barrier, NULL, shared.gate_count);
    int err = run_gates(&shared, gates);
    for (uint32_t i = 0; i < shared.gate_count; i++) {
        crowd->reconnects += gates[i].reconnects;
        crowd->line.cheats += gates[i].line.cheats;
        crowd->line.cheats_won += gates[i].line.cheats_won;
        for (int k = 0; k < CROWD_CHEATS; k++)
            crowd->line.kinds[k] += gates[i].line.kinds[k];
        if (gates[i].line.excess > crowd->line.excess)
            crowd->line.excess = gates[i].line.excess;
        arena_release(&gates[i].tokens);
        arena_release(&gates[i].answers);
        free(gates[i].channels);
        free(gates[i].sources);
    }
    free(gates);
    free(shared.pool_seats);
    pthread_barrier_destroy(&shared.barrier);
    pthread_mutex_destroy(&shared.mutex);
    /* Those who have gone have no account any more. */
    for (uint32_t i = 0; i < options->users; i++) {
        crowd->people[i].authorization = NULL;
        crowd->people[i].pass = NULL;
        crowd->people[i].gate = NULL;
    }
    if (crowd->start_ns == 0)
        return err;
    /* People came: what is not known of them is said in the report. */
    return sum_up(crowd);
}

void crowd_release(struct crowd *crowd)
{
    free(crowd->people);
    *crowd = (struct crowd){0};
}
