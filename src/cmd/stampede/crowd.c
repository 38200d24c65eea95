#include "cmd/stampede/crowd.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/progress.h"
#include "cmd/stampede/gate.h"
#include "err/err.h"

#define LEAD_MS     100 /* from the last account to the first arrival */
#define TOKENS_MAX  (UINT64_C(400) * CROWD_USERS_MAX)
#define ANSWERS_MAX (256u << 20)

const char *crowd_outcome_name(enum crowd_outcome outcome)
{
    static const char *const names[CROWD_OUTCOMES] = {"unanswered", "ordered", "held",
                                                      "released",   "taken",   "refused"};
    return names[outcome];
}

bool crowd_proved(const struct crowd *crowd)
{
    return crowd->outcomes[CROWD_UNANSWERED] == 0 && crowd->conflict_count == 0 &&
           crowd->orders_lost == 0;
}

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
        person->arrives_ns = wish_arrival(i, options->users, options->within_ns, chance);
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
    }
}

/* ---- progress, shown by gate 0 ---- */

struct showing {
    atomic_uint *done;
    const char *what;
    uint32_t total;
    struct scope scope;
};

static void show(void *arg)
{
    struct showing *showing = arg;
    struct progress progress;
    progress_start(&progress, showing->what, showing->total);
    while (fiber_sleep_until(fiber_now_ns() + PROGRESS_EVERY_NS) == 0)
        progress_at(&progress, atomic_load(showing->done));
    progress_end(&progress);
}

static void show_begin(struct showing *showing, struct crowd_gate *gate, atomic_uint *done,
                       const char *what, uint32_t total)
{
    *showing = (struct showing){.done = done, .what = what, .total = total};
    scope_init(&showing->scope);
    if (gate->index == 0 && !gate->crowd->options.quiet)
        fiber_spawn(&showing->scope, show, showing); /* without it nothing is shown */
}

/* ---- the parts, in step ---- */

/* All gates meet here. It blocks the thread, on which nothing else happens now. */
static void meet(struct crowd_gate *gate)
{
    pthread_barrier_wait(&gate->gathering->barrier);
}

static void pass_through(void *arg)
{
    struct crowd_gate *gate = arg;
    struct gathering *gathering = gate->gathering;
    struct crowd *crowd = gate->crowd;
    struct showing showing;
    const int64_t begun_ns = clock_mono_ns(clock_system());
    show_begin(&showing, gate, &gathering->made, "making accounts", crowd->options.users);
    gate_prepare(gate);
    scope_close(&showing.scope);
    meet(gate);
    if (atomic_load(&gathering->err)) /* the same for all: nobody fails between two meetings */
        return;
    if (gate->index == 0) {
        plan(crowd, &gathering->pool);
        crowd->start_ns = deadline_after_ms(clock_mono_ns(clock_system()), LEAD_MS);
        crowd->prepare_ns = crowd->start_ns - begun_ns;
    }
    meet(gate);
    show_begin(&showing, gate, &gathering->answered, "stampede", crowd->options.users);
    gate_rush(gate);
    scope_close(&showing.scope);
    meet(gate);
    const int64_t verify_ns = clock_mono_ns(clock_system());
    for (uint32_t i = 0; gate->index == 0 && i < crowd->options.users; i++)
        crowd->orders_asked += crowd->people[i].outcome == CROWD_ORDERED;
    show_begin(&showing, gate, &gathering->asked, "asking again for every order",
               crowd->orders_asked);
    gate_verify(gate);
    scope_close(&showing.scope);
    meet(gate);
    if (gate->index == 0) {
        crowd->verify_ns = clock_mono_ns(clock_system()) - verify_ns;
        int err = gate_counts(gate, &crowd->after);
        if (err)
            gate_fail(gate, err, "the performance could not be looked at again: %s", err_text(err));
    }
}

static void run_gate(void *arg)
{
    struct crowd_gate *gate = arg;
    pass_through(gate);
    for (uint32_t i = 0; gate->links && i < gate->link_count; i++)
        link_release(&gate->links[i]);
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
        crowd->orders_lost += person->lost;
        crowd->seats_held += person->held ? person->seat_count : 0;
        crowd->seats_sold += person->outcome == CROWD_ORDERED ? person->seat_count : 0;
        if (person->hold_ns > crowd->rush_ns)
            crowd->rush_ns = person->hold_ns;
        if (person->order_ns > crowd->rush_ns)
            crowd->rush_ns = person->order_ns;
    }
    return check_claims(crowd);
}

/* ---- all of it ---- */

static int run_gates(struct gathering *gathering, struct crowd_gate *gates)
{
    pthread_t threads[CROWD_THREADS_MAX];
    struct crowd *crowd = gathering->crowd;
    uint32_t made = 1;
    for (uint32_t i = 0; i < gathering->gate_count; i++) {
        struct crowd_gate *gate = &gates[i];
        gate->gathering = gathering;
        gate->crowd = crowd;
        gate->index = i;
        arena_init(&gate->tokens, TOKENS_MAX);
        arena_init(&gate->answers, ANSWERS_MAX);
        chance_seed(&gate->chance, crowd->options.seed + 1 + i);
    }
    while (made < gathering->gate_count &&
           pthread_create(&threads[made], NULL, run_thread, &gates[made]) == 0)
        made++;
    /* Those that were made wait for all: there is no way on with fewer. */
    assert(made == gathering->gate_count);
    run_thread(&gates[0]);
    for (uint32_t i = 1; i < made; i++)
        pthread_join(threads[i], NULL);
    return atomic_load(&gathering->err);
}

int crowd_run(struct crowd *crowd, const struct crowd_options *options)
{
    assert(options->users > 0 && options->users <= CROWD_USERS_MAX);
    assert(options->threads > 0 && options->threads <= CROWD_THREADS_MAX);
    assert(options->tries > 0 && options->tries <= CROWD_TRIES_MAX);
    struct gathering gathering = {.crowd = crowd, .gate_count = options->threads};
    struct crowd_gate *gates = calloc(options->threads, sizeof(*gates));
    crowd->options = *options;
    crowd->reason_count = 1;
    crowd->people = calloc(options->users, sizeof(*crowd->people));
    if (!crowd->people || !gates) {
        free(gates);
        snprintf(crowd->error, sizeof(crowd->error), "out of memory for %u people", options->users);
        return ERR_NO_MEMORY;
    }
    pthread_mutex_init(&gathering.mutex, NULL);
    pthread_barrier_init(&gathering.barrier, NULL, gathering.gate_count);
    int err = run_gates(&gathering, gates);
    for (uint32_t i = 0; i < gathering.gate_count; i++) {
        for (uint32_t k = 0; gates[i].links && k < gates[i].link_count; k++)
            crowd->reconnects += gates[i].links[k].opened > 1 ? gates[i].links[k].opened - 1 : 0;
        arena_release(&gates[i].tokens);
        arena_release(&gates[i].answers);
        free(gates[i].links);
        free(gates[i].sources);
    }
    free(gates);
    free(gathering.pool_seats);
    pthread_barrier_destroy(&gathering.barrier);
    pthread_mutex_destroy(&gathering.mutex);
    /* Those who have gone have no account any more. */
    for (uint32_t i = 0; i < options->users; i++) {
        crowd->people[i].authorization = NULL;
        crowd->people[i].gate = NULL;
    }
    if (!err)
        err = sum_up(crowd);
    return err;
}

void crowd_release(struct crowd *crowd)
{
    free(crowd->people);
    *crowd = (struct crowd){0};
}
