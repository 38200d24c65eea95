#include "crowd/gate.h"

#include <stdarg.h>
#include <stdio.h>

#include "err/err.h"

#define CALL_MS      10000 /* one try of a call */
#define PAUSE_MS     5     /* before the second try; doubles */
#define PAUSE_MAX_MS 1000
#define AGAIN_MAX    1000
#define ANSWERS_KEPT (1u << 20)

int gate_fail(struct crowd_gate *gate, int err, const char *format, ...)
{
    struct crowd_shared *shared = gate->shared;
    va_list args;
    /* What fails after an interruption fails because of it. */
    if (gate_stopped(gate) && atomic_load(&shared->err) == 0) {
        err = ERR_CANCELLED;
        format = "interrupted";
    }
    pthread_mutex_lock(&shared->mutex);
    if (atomic_load(&shared->err) == 0) {
        va_start(args, format);
        vsnprintf(shared->crowd->error, sizeof(shared->crowd->error), format, args);
        va_end(args);
        atomic_store(&shared->err, err);
    }
    pthread_mutex_unlock(&shared->mutex);
    return err;
}

/* ---- for everybody, a few at a time ---- */

struct each {
    struct crowd_gate *gate;
    void (*body)(struct crowd_gate *gate, struct crowd_person *person);
    uint32_t next;
};

static void work(void *arg)
{
    struct each *each = arg;
    struct crowd *crowd = each->gate->crowd;
    while (each->next < crowd->options.users && !gate_stopped(each->gate)) {
        uint32_t i = each->next;
        each->next += each->gate->shared->gate_count;
        each->body(each->gate, &crowd->people[i]);
    }
}

void gate_each(struct crowd_gate *gate, uint32_t fiber_max,
               void (*body)(struct crowd_gate *gate, struct crowd_person *person))
{
    struct each each = {.gate = gate, .body = body, .next = gate->index};
    struct scope scope;
    scope_init(&scope);
    for (uint32_t i = 0; i < fiber_max && i < gate->crowd->options.users; i++) {
        int err = fiber_spawn(&scope, work, &each);
        if (err && scope.count == 0)
            gate_fail(gate, err, "no fiber can be made: %s", err_text(err));
        if (err)
            break;
    }
    if (scope_join(&scope, DEADLINE_NEVER))
        scope_close(&scope); /* all is to end: theirs too */
}

/* ---- calls ---- */

bool gate_stopped(const struct crowd_gate *gate)
{
    const volatile sig_atomic_t *interrupted = gate->crowd->options.interrupted;
    return (interrupted && *interrupted) || atomic_load(&gate->shared->err) != 0;
}

struct gate_patience gate_silence(const struct crowd_gate *gate, int64_t least_ms)
{
    const int64_t timeout_ms = gate->crowd->options.timeout_ms;
    return (struct gate_patience){
        .silence_ns = (timeout_ms > least_ms ? timeout_ms : least_ms) * NS_PER_MS,
    };
}

int64_t gate_patience_ends_ns(const struct crowd_gate *gate, const struct gate_patience *patience)
{
    return patience->silence_ns ? atomic_load(&gate->shared->heard_ns) + patience->silence_ns
                                : patience->until_ns;
}

void gate_heard(struct crowd_gate *gate, int64_t at_ns)
{
    _Atomic int64_t *heard_ns = &gate->shared->heard_ns;
    int64_t before_ns = atomic_load(heard_ns);
    while (before_ns < at_ns && !atomic_compare_exchange_weak(heard_ns, &before_ns, at_ns))
        ; /* another gate heard something meanwhile */
}

bool gate_is_answer(enum code code)
{
    switch (code) {
    case CODE_OK:
    case CODE_INVALID_ARGUMENT:
    case CODE_NOT_FOUND:
    case CODE_ALREADY_EXISTS:
    case CODE_FAILED_PRECONDITION:
    case CODE_ABORTED:
    case CODE_OUT_OF_RANGE:
        return true;
    default:
        return false;
    }
}

static bool worth_another_try(enum code code)
{
    switch (code) {
    case CODE_UNAVAILABLE:
    case CODE_DEADLINE_EXCEEDED:
    case CODE_RESOURCE_EXHAUSTED:
    case CODE_CANCELED: /* the server reset the stream: nothing is known */
        return true;
    default:
        return false;
    }
}

static int64_t pause_ns(struct crowd_gate *gate, uint32_t round, const struct call_status *status)
{
    int64_t ms = PAUSE_MS << (round < 8 ? round : 8);
    ms = ms < PAUSE_MAX_MS ? ms : PAUSE_MAX_MS;
    if (status->detail && status->detail->retry_after_ms > (uint64_t)ms)
        ms = status->detail->retry_after_ms < PAUSE_MAX_MS ? (int64_t)status->detail->retry_after_ms
                                                           : PAUSE_MAX_MS;
    /* From half to one and a half, so that those who failed together do not come back together. */
    return (int64_t)((0.5 + chance_unit(&gate->chance.chance)) * (double)(ms * NS_PER_MS));
}

struct client gate_tickets(struct crowd_gate *gate, const struct crowd_person *person)
{
    struct client client;
    const uint32_t i = (uint32_t)(person - gate->crowd->people) / gate->shared->gate_count;
    client_init(&client, gate->channels[i % gate->channel_count],
                &usher__v1__ticket_service__descriptor, &gate->answers);
    client.authorization = person->authorization;
    client.metadata = person->pass;
    client.timeout_ms = CALL_MS;
    return client;
}

int gate_persist_index(struct crowd_person *person, const struct gate_patience *patience,
                       struct client *client, unsigned method, const ProtobufCMessage *request,
                       const ProtobufCMessage **ret_response)
{
    struct crowd_gate *gate = person->gate;
    for (uint32_t round = 0;; round++) {
        client->deadline_ns = gate_patience_ends_ns(gate, patience);
        /* Nobody looks at an answer across a waiting point: all of them are done with. */
        if (gate->answers.used > ANSWERS_KEPT)
            arena_reset(&gate->answers);
        int err = client_call_index(client, method, request, ret_response);
        const struct call_status *status = &client->status;
        if (gate_is_answer(status->code))
            gate_heard(gate, clock_mono_ns(clock_system()));
        if (!err || !worth_another_try(status->code) || round == AGAIN_MAX || gate_stopped(gate))
            return err;
        int64_t at_ns = clock_mono_ns(clock_system()) + pause_ns(gate, round, status);
        if (at_ns >= gate_patience_ends_ns(gate, patience))
            return err;
        gate_reason(gate, status, true);
        /* The status lies in the arena, which may be used up meanwhile: it is not looked at. */
        err = fiber_sleep_until(at_ns);
        if (err)
            return call_status_set(&client->status, CODE_CANCELED, "cancelled here");
        person->again++;
    }
}

uint8_t gate_reason(struct crowd_gate *gate, const struct call_status *status, bool again)
{
    struct crowd *crowd = gate->crowd;
    const char *name = gate_stopped(gate) && status->code == CODE_CANCELED ? "interrupted"
                       : status->detail && status->detail->reason[0]       ? status->detail->reason
                                                                     : code_name(status->code);
    uint32_t i = 1;
    pthread_mutex_lock(&gate->shared->mutex);
    while (i < crowd->reason_count && strcmp(crowd->reasons[i].name, name) != 0)
        i++;
    if (i == CROWD_REASONS_MAX)
        i = CROWD_REASONS_MAX - 1; /* so many reasons are no longer told apart */
    else if (i == crowd->reason_count)
        snprintf(crowd->reasons[crowd->reason_count++].name, CROWD_REASON_CHARS, "%s", name);
    crowd->reasons[i].count += !again;
    crowd->reasons[i].again += again;
    pthread_mutex_unlock(&gate->shared->mutex);
    return (uint8_t)i;
}
