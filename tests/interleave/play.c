#include "interleave/play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/audit.h"

#define TTL_MS 60000

enum verb { HOLD, RELEASE, ORDER, CANCEL, EXPIRE, RESTART, TAKEOVER };

struct step {
    enum verb verb;
    uint32_t seat_count;
    uint32_t seats[SEATS_PARTY_MAX];
    char key[8];
    int result;
    bool done;
};

struct actor {
    struct play *play;
    char name[16];
    uint32_t owner; /* which one it asks */
    struct id account_id;
    struct step steps[SCENARIO_STEPS_MAX];
    uint32_t step_count;
    uint32_t next;
    struct fiber *fiber;
    bool go;
    bool busy;
};

static void wrong(struct play *play, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void wrong(struct play *play, const char *format, ...)
{
    if (play->wrong[0] != '\0')
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(play->wrong, sizeof(play->wrong), format, args);
    va_end(args);
}

static void add(char *text, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(char *text, size_t size, const char *format, ...)
{
    const size_t len = strlen(text);
    va_list args;
    va_start(args, format);
    vsnprintf(text + len, size - len, format, args);
    va_end(args);
}

bool way_next(struct way *way)
{
    while (way->len > 0) {
        const uint32_t last = way->len - 1;
        if (++way->picked[last] < way->of[last])
            return true;
        way->len--;
    }
    return false;
}

static uint32_t choose(struct play *play, uint32_t count)
{
    struct way *way = play->way;
    assert(play->at < PLAY_CHOICES_MAX && count > 0 && count < 256);
    if (play->at == way->len) {
        way->picked[way->len] = 0;
        way->of[way->len++] = (uint8_t)count;
    }
    assert(way->of[play->at] == count); /* the same choices lead to the same place */
    return way->picked[play->at++];
}

/* ---- reading a scenario ---- */

static const char *const verb_names[] = {"hold",   "release", "order",   "cancel",
                                         "expire", "restart", "takeover"};

/* The word at *text, which is moved past it. */
static struct view word(const char **text)
{
    const char *at = *text + strspn(*text, " ");
    const size_t len = strcspn(at, " ;:");
    *text = at + len;
    return view_of(at, len);
}

static void read_step(const char **text, struct step *step)
{
    *step = (struct step){0};
    const struct view verb = word(text);
    uint32_t found = 0;
    while (!view_eq(verb, view_str(verb_names[found]))) {
        found++;
        assert(found < sizeof(verb_names) / sizeof(verb_names[0]));
    }
    step->verb = (enum verb)found;
    for (struct view w = word(text); w.len > 0; w = word(text)) {
        if (view_eq(w, view_str("key"))) {
            w = word(text);
            assert(w.len > 0 && w.len < sizeof(step->key));
            memcpy(step->key, w.at, w.len);
            continue;
        }
        for (size_t i = 0; i < w.len; i++)
            step->seats[step->seat_count++] = (uint32_t)(((const char *)w.at)[i] - 'a');
    }
}

/* Actors of one name are one account. */
static struct id account_of(const char *name)
{
    uint64_t number = 7;
    for (; *name != '\0'; name++)
        number = number * 131 + (uint8_t)*name;
    return stage_id(number);
}

static void read_actor(struct play *play, const char *text, struct actor *actor)
{
    *actor = (struct actor){.play = play};
    const struct view name = word(&text);
    const char *at = memchr(name.at, '@', name.len);
    const size_t len = at ? (size_t)(at - (const char *)name.at) : name.len;
    assert(len < sizeof(actor->name));
    memcpy(actor->name, name.at, len);
    actor->owner = at ? (uint32_t)(at[1] - '1') : 0;
    actor->account_id = account_of(actor->name);
    do {
        assert(actor->step_count < SCENARIO_STEPS_MAX);
        text++; /* ':' or ';' */
        read_step(&text, &actor->steps[actor->step_count++]);
    } while (*text == ';');
}

/* ---- what an actor does ---- */

/* The account's newest hold in the ledger with that fate, or NULL. */
static struct truth_hold *have(struct play *play, struct id account_id, enum truth_fate fate)
{
    truth_follow(&play->truth);
    for (uint32_t i = play->truth.hold_count; i > 0; i--) {
        struct truth_hold *known = &play->truth.holds[i - 1];
        if (id_eq(known->hold.account_id, account_id) && known->fate == fate)
            return known;
    }
    return NULL;
}

static void check_granted(struct play *play, const struct owner_ask *ask)
{
    const struct id id = ask->verb == OWNER_HOLD ? ask->hold.hold_id : ask->hold_id;
    const struct truth_hold *known = truth_find(&play->truth, id);
    if (!known || !id_eq(known->hold.account_id, ask->account_id))
        wrong(play, "P2, P10: granted, but not in the ledger");
    else if (ask->hold.count != known->hold.count ||
             memcmp(ask->hold.seats, known->hold.seats, 4 * ask->hold.count) != 0)
        wrong(play, "P3: other seats than the ledger's");
    else if (ask->verb == OWNER_HOLD && ask->at_ms != known->held_at_ms)
        wrong(play, "P5: another time than the ledger's");
    else if (ask->verb == OWNER_ORDER &&
             (known->sold_version == 0 || ask->at_ms != known->sold_at_ms ||
              ask->total != known->total))
        wrong(play, "P2: an order that is not the ledger's");
    else if (ask->verb == OWNER_RELEASE && (known->fate == TRUTH_HELD || known->fate == TRUTH_SOLD))
        wrong(play, "P2: given back, the ledger says otherwise");
    else if (ask->verb == OWNER_CANCEL && known->fate != TRUTH_CANCELLED)
        wrong(play, "P2: cancelled, the ledger says otherwise");
}

/* Fills the ask from what the account has. False: it has nothing of the kind. */
static bool fill(struct play *play, const struct actor *actor, const struct step *step,
                 struct owner_ask *ask)
{
    static const enum owner_verb verbs[] = {OWNER_HOLD, OWNER_RELEASE, OWNER_ORDER, OWNER_CANCEL};
    *ask = (struct owner_ask){.verb = verbs[step->verb],
                              .account_id = actor->account_id,
                              .key = view_str(step->key),
                              .payment_method = 1}; /* of an order: at the box office */
    ask->request_hash[0] = (uint8_t)(1 + step->verb);
    for (uint32_t i = 0; i < step->seat_count; i++)
        ask->request_hash[1 + i] = (uint8_t)step->seats[i];
    memcpy(ask->seats, step->seats, sizeof(ask->seats));
    ask->seat_count = step->seat_count;
    if (step->verb == HOLD)
        return true;
    struct truth_hold *known = have(play, actor->account_id, TRUTH_HELD);
    if (step->verb == CANCEL || !known)
        known = have(play, actor->account_id, TRUTH_SOLD);
    if (!known && step->verb == CANCEL)
        known = have(play, actor->account_id, TRUTH_HELD); /* an order under way: its id is known */
    if (!known)
        return false;
    known->release_asked = known->release_asked || step->verb == RELEASE;
    known->order_asked = known->order_asked || step->verb == ORDER;
    known->cancel_asked = known->cancel_asked || step->verb == CANCEL;
    ask->hold_id = known->hold.hold_id;
    if (step->verb == CANCEL) {
        ask->seat_count = known->hold.count;
        memcpy(ask->seats, known->hold.seats, sizeof(ask->seats));
    }
    return true;
}

static void start_owner(struct play *play, uint32_t which)
{
    gate_init(&play->gates[which], play->stage.mem);
    play->owners[which] = stage_owner(&play->stage, &play->gates[which].store, NULL);
}

static void do_step(struct actor *actor, struct step *step)
{
    struct play *play = actor->play;
    struct owner_ask ask;
    switch (step->verb) {
    case EXPIRE:
        break; /* walk lets the time pass */
    case TAKEOVER:
        start_owner(play, 1);
        break;
    case RESTART: {
        struct owner *old = play->owners[0];
        play->owners[0] = NULL;
        owner_stop(old);
        start_owner(play, 0);
        break;
    }
    default:
        step->result = ERR_NOT_FOUND;
        if (!fill(play, actor, step, &ask))
            break;
        step->result = ERR_UNAVAILABLE;
        if (!play->owners[actor->owner])
            break;
        step->result = owner_ask(play->owners[actor->owner], &ask);
        if (!truth_follow(&play->truth))
            wrong(play, "%s", play->truth.error);
        else if (step->result == 0)
            check_granted(play, &ask);
    }
    step->done = true;
}

static void actor_run(void *arg)
{
    struct actor *actor = arg;
    actor->fiber = fiber_self();
    while (actor->next < actor->step_count) {
        while (!actor->go)
            fiber_park_deaf();
        actor->go = false;
        do_step(actor, &actor->steps[actor->next]);
        actor->next++;
        actor->busy = false;
    }
}

/* ---- the way ---- */

static const char *const outcome_names[] = {"done", "refused", "lost", "written, unknown"};

/* One thing that could happen now. */
struct option {
    struct actor *actor; /* takes its next step; or NULL: */
    struct gate *gate;   /* its call ends like this */
    enum gate_outcome outcome;
};

static uint32_t list_options(struct play *play, struct option *options)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < PLAY_OWNERS; i++) {
        for (uint32_t k = 0; play->gates[i].waiting && k < GATE_OUTCOMES; k++) {
            const bool commit = strcmp(play->gates[i].call, "commit") == 0;
            if (k == GATE_OK || (commit && play->faults_left > 0))
                options[count++] =
                    (struct option){.gate = &play->gates[i], .outcome = (enum gate_outcome)k};
        }
    }
    for (uint32_t i = 0; i < play->actor_count; i++) {
        struct actor *actor = &play->actors[i];
        if (!actor->busy && actor->next < actor->step_count)
            options[count++] = (struct option){.actor = actor};
    }
    return count;
}

static void walk(struct play *play)
{
    struct option options[SCENARIO_ACTORS_MAX + PLAY_OWNERS * GATE_OUTCOMES];
    uint32_t count;
    stage_run_ready();
    while ((count = list_options(play, options)) > 0) {
        const struct option *option = &options[choose(play, count)];
        if (option->actor) {
            struct actor *actor = option->actor;
            add(play->trace, sizeof(play->trace), "    %s: %s\n", actor->name,
                verb_names[actor->steps[actor->next].verb]);
            actor->busy = actor->go = true;
            fiber_unpark(actor->fiber);
            if (actor->steps[actor->next].verb == EXPIRE)
                stage_sleep(TTL_MS);
        } else {
            add(play->trace, sizeof(play->trace), "    %s of owner %d: %s\n", option->gate->call,
                (int)(option->gate - play->gates) + 1, outcome_names[option->outcome]);
            play->faults_left -= option->outcome != GATE_OK;
            gate_pass(option->gate, option->outcome);
        }
        stage_sleep(1); /* no two things happen at one time */
    }
    for (uint32_t i = 0; i < play->actor_count; i++) {
        if (play->actors[i].busy)
            wrong(play, "%s waits for ever", play->actors[i].name);
    }
}

static const char *result_name(int result)
{
    switch (result) {
    case 0:
        return "granted";
    case ERR_CONFLICT:
        return "taken";
    case ERR_UNAVAILABLE:
        return "unsure";
    case ERR_NOT_FOUND:
        return "none";
    case ERR_EXISTS:
        return "other";
    case ERR_TIMEOUT:
        return "expired";
    default:
        return err_name(result);
    }
}

static void say_outcome(struct play *play)
{
    char *text = play->outcome;
    for (uint32_t i = 0; i < play->actor_count; i++) {
        const struct actor *actor = &play->actors[i];
        for (uint32_t k = 0; k < actor->step_count; k++) {
            if (actor->steps[k].verb <= CANCEL)
                add(text, PLAY_TEXT_MAX, "%s%s %s", text[0] == '\0' ? "" : ", ", actor->name,
                    result_name(actor->steps[k].result));
        }
    }
    for (uint32_t seat = 0; seat < play->stage.hall->place_count; seat++) {
        const enum seats_state state = truth_state(&play->truth, seat);
        const char *name = "?";
        for (uint32_t i = 0; i < play->actor_count && state != SEATS_FREE; i++) {
            const struct truth_hold *known = &play->truth.holds[play->truth.claims[seat] - 1];
            if (id_eq(known->hold.account_id, play->actors[i].account_id))
                name = play->actors[i].name;
        }
        add(text, PLAY_TEXT_MAX, "%s %c %s%s", seat == 0 ? ";" : ",", 'a' + (char)seat,
            state == SEATS_FREE   ? "free"
            : state == SEATS_HELD ? "held by "
                                  : "sold to ",
            state == SEATS_FREE ? "" : name);
    }
}

/* What a fresh owner loads is what the ledger says. */
static void heard_load(void *state, const struct owner_public *now, const uint8_t *states)
{
    struct play *play = state;
    const uint64_t mark = truth_mark_snapshot(states, play->stage.hall->place_count);
    if (now->version != play->truth.tail.version || mark != play->truth.marks[now->version])
        wrong(play, "P2: what is loaded is not what the ledger says");
}

static void finish(struct play *play)
{
    for (uint32_t i = 0; i < PLAY_OWNERS; i++) {
        play->gates[i].open = true;
        if (play->owners[i])
            owner_stop(play->owners[i]);
    }
    if (!truth_compare_tables(&play->truth))
        wrong(play, "%s", play->truth.error);
    const struct owner_listener listener = {.loaded = heard_load, .state = play};
    struct owner *fresh = stage_owner(&play->stage, play->stage.mem, &listener);
    if (!stage_serving(fresh))
        wrong(play, "a fresh owner does not serve");
    owner_check(fresh);
    owner_stop(fresh);
}

static void play_run(void *arg)
{
    struct play *play = arg;
    const struct scenario *scenario = play->scenario;
    start_owner(play, 0);
    play->gates[0].open = true;
    stage_run_ready();
    if (scenario->before) {
        struct actor first;
        read_actor(play, scenario->before, &first);
        for (uint32_t i = 0; i < first.step_count; i++)
            do_step(&first, &first.steps[i]);
    }
    play->gates[0].open = false;
    for (uint32_t i = 0; i < play->actor_count; i++) {
        int err = fiber_spawn(&play->stage.scope, actor_run, &play->actors[i]);
        assert(err == 0);
    }
    walk(play);
    finish(play);
    say_outcome(play);
}

void play_once(struct play *play, const struct scenario *scenario, struct way *way)
{
    static const char *const rows[] = {"..", NULL};
    static const char *const one[] = {".", NULL};
    static struct actor actors[SCENARIO_ACTORS_MAX];
    static struct audit_report report;
    *play = (struct play){
        .scenario = scenario, .way = way, .actors = actors, .faults_left = scenario->faults};
    const struct stage_options options = {.seed = 1,
                                          .rows = strstr(scenario->name, "two seats") ? rows : one,
                                          .hold_ttl_ms = TTL_MS,
                                          .places_max = 8,
                                          .sale_state = STAGE_OPEN};
    stage_open(&play->stage, &options);
    truth_init(&play->truth, &play->stage);
    for (uint32_t i = 0; i < SCENARIO_ACTORS_MAX && scenario->actors[i]; i++)
        read_actor(play, scenario->actors[i], &actors[play->actor_count++]);
    stage_run(&play->stage, play_run, play);
    int err = audit_run(play->stage.mem, &(struct audit_options){0}, &report);
    if (err != 0 || report.finding_count > 0)
        wrong(play, "P11: the audit says: %s", err != 0 ? err_name(err) : report.findings[0].text);
    truth_release(&play->truth);
    stage_close(&play->stage);
}
