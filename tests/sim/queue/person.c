/* What people do in front of a sale, and what they should not. */
#include <inttypes.h>
#include <stdio.h>

#include "err/err.h"
#include "sim/queue/queue.h"

#define LATE_MS  20000  /* a pass is not asked about so shortly before its end: a call takes time */
#define STUCK_MS 900000 /* who has not come in by then never will */

enum outcome { NO_ANSWER, REFUSED, ANSWERED };

static uint32_t roll(struct queue_person *person, uint32_t limit)
{
    return (uint32_t)chance_below(&person->dice.chance, limit);
}

static struct told *told_of(const struct queue_person *person)
{
    return &person->world->told[person->account];
}

static bool is_unheard(const char *reason)
{
    return strcmp(reason, "NOBODY") == 0 || strcmp(reason, "LINE_UNAVAILABLE") == 0 ||
           reason[0] == '\0';
}

static struct known known_of(const struct queue_person *person)
{
    const struct queue_world *world = person->world;
    return (struct known){.number = told_of(person)->number,
                          .serving = world->serving_told,
                          .version = world->version_told};
}

/* An answer that tells of a place, checked. */
static enum outcome tell(struct queue_person *person, int err, const char *reason,
                         const Usher__V1__Place *place, const struct known *known, const char *what)
{
    struct queue_world *world = person->world;
    if (err != 0) {
        queue_say(world, "account %u: %s: %s", person->account, what, reason);
        return is_unheard(reason) ? NO_ANSWER : REFUSED;
    }
    queue_say(world, "account %u: %s: number %" PRIu64 ", state %d", person->account, what,
              place->number, (int)place->state);
    check_place(world, person->account, place, known);
    return ANSWERED;
}

static enum outcome join(struct queue_person *person)
{
    struct queue_world *world = person->world;
    struct told *told = told_of(person);
    const struct known known = known_of(person);
    Usher__V1__JoinRequest wish = USHER__V1__JOIN_REQUEST__INIT;
    const Usher__V1__Place *place = NULL;
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    wish.sale_id = world->sale_id;
    if (!told->asked) {
        told->asked = true;
        told->floor = world->told_max;
    }
    int err = queue_call(world, person->account, &arena, join, &wish, &place, &reason);
    const enum outcome outcome = tell(person, err, reason, place, &known, "joins");
    arena_release(&arena);
    return outcome;
}

/* *ret_state: as it was told; *ret_reason lives as long as the program where it is known here. */
static enum outcome look(struct queue_person *person, Usher__V1__PlaceState *ret_state)
{
    struct queue_world *world = person->world;
    const struct known known = known_of(person);
    Usher__V1__GetPlaceRequest wish = USHER__V1__GET_PLACE_REQUEST__INIT;
    const Usher__V1__Place *place = NULL;
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    wish.sale_id = world->sale_id;
    int err = queue_call(world, person->account, &arena, get_place, &wish, &place, &reason);
    const enum outcome outcome = tell(person, err, reason, place, &known, "looks");
    if (outcome == ANSWERED) {
        *ret_state = place->state;
        world->coverage->ahead += place->state == USHER__V1__PLACE_STATE__PLACE_STATE_WAITING;
    }
    arena_release(&arena);
    return outcome;
}

/* With the receipt that was told last, on a device that knows nothing else. */
static void restore(struct queue_person *person)
{
    struct queue_world *world = person->world;
    struct told *told = told_of(person);
    const struct known known = known_of(person);
    Usher__V1__RestoreReceiptRequest wish = USHER__V1__RESTORE_RECEIPT_REQUEST__INIT;
    const Usher__V1__Place *place = NULL;
    const char *reason;
    struct arena arena;
    char receipt[RECEIPT_CHARS + 1];
    if (!told->receipt[0])
        return;
    arena_init(&arena, QUEUE_ARENA);
    snprintf(receipt, sizeof(receipt), "%s", told->receipt);
    wish.receipt = receipt;
    int err = queue_call(world, person->account, &arena, restore_receipt, &wish, &place, &reason);
    const enum outcome outcome = tell(person, err, reason, place, &known, "restores");
    world->coverage->restored += outcome == ANSWERED;
    if (err != 0 && strcmp(reason, "NOT_IN_LINE") == 0)
        queue_fail(world, "account %u has a receipt, and no place", person->account);
    arena_release(&arena);
}

/* ---- passes ---- */

/* As the ticket service asks. */
static enum outcome show(struct queue_person *person, const char *pass)
{
    struct queue_world *world = person->world;
    Usher__V1__CheckPassRequest wish = USHER__V1__CHECK_PASS_REQUEST__INIT;
    const Usher__V1__CheckPassResponse *answer;
    char account[ID_TEXT_CHARS + 1];
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    id_format(queue_account(person->account), account);
    wish.account_id = account;
    wish.pass = (char *)pass;
    wish.performance_id = QUEUE_PERFORMANCE;
    int err = queue_call(world, QUEUE_PEER, &arena, check_pass, &wish, &answer, &reason);
    const enum outcome outcome = err == 0 ? ANSWERED : is_unheard(reason) ? NO_ANSWER : REFUSED;
    queue_say(world, "account %u: shows a pass: %s", person->account, err == 0 ? "good" : reason);
    arena_release(&arena);
    return outcome;
}

/* The newest pass is good until it ends, whatever dies meanwhile; an older one never is. */
static void show_passes(struct queue_person *person)
{
    struct queue_world *world = person->world;
    struct told *told = told_of(person);
    char pass[PASS_CHARS + 1];
    if (!told->pass[0])
        return;
    snprintf(pass, sizeof(pass), "%s", told->pass);
    const bool was_good = !told->pass_over && queue_wall_ms(world) + LATE_MS < told->pass_ends_ms;
    const enum outcome outcome = show(person, pass);
    const bool is_good = was_good && !told->pass_over && strcmp(pass, told->pass) == 0;
    if (outcome == REFUSED && is_good)
        queue_fail(world, "the pass of account %u is refused before its end", person->account);
}

static void enter(struct queue_person *person)
{
    struct queue_world *world = person->world;
    struct told *told = told_of(person);
    Usher__V1__EnterRequest wish = USHER__V1__ENTER_REQUEST__INIT;
    const Usher__V1__Pass *pass;
    char before[PASS_CHARS + 1];
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    wish.sale_id = world->sale_id;
    snprintf(before, sizeof(before), "%s", told->pass);
    told->pass_over = true; /* whatever is answered, or not */
    const bool first = told->entering++ == 0;
    const bool alone = told->leaving == 0;
    const uint32_t mine = ++told->enters;
    int err = queue_call(world, person->account, &arena, enter, &wish, &pass, &reason);
    const bool newest = first && --told->entering == 0 && mine == told->enters && alone;
    if (!first)
        told->entering--;
    queue_say(world, "account %u: enters: %s", person->account, err == 0 ? "pass" : reason);
    if (err == 0) {
        check_follow(world);
        if (told->number != 0 && pass->number < told->number)
            queue_fail(world, "account %u has number %" PRIu64 ", and a pass for %" PRIu64,
                       person->account, told->number, pass->number);
        if (pass->number > world->follow.line.serving)
            queue_fail(world, "number %" PRIu64 " came in, and %u are served", pass->number,
                       world->follow.line.serving);
        world->coverage->entered++;
        world->coverage->taken_over += before[0] && strcmp(before, pass->pass) != 0;
        snprintf(told->pass, sizeof(told->pass), "%s", pass->pass);
        told->pass_ends_ms = pass->expires_at_ms;
        told->pass_over = !newest;
    }
    arena_release(&arena);
    if (err == 0 && newest && before[0] && strcmp(before, told->pass) != 0) {
        const enum outcome outcome = show(person, before);
        world->coverage->passes_refused += outcome == REFUSED;
        if (outcome == ANSWERED)
            queue_fail(world, "an older pass of account %u is good", person->account);
    }
}

/* What ends a pass is asked: an enter that is under way may be decided before it or after. */
static void begin_to_end(struct told *told)
{
    told->pass_over = true;
    told->enters++;
    told->leaving++;
}

static void pay(struct queue_person *person)
{
    struct queue_world *world = person->world;
    struct told *told = told_of(person);
    Usher__V1__PassDoneRequest wish = USHER__V1__PASS_DONE_REQUEST__INIT;
    const Usher__V1__PassDoneResponse *answer;
    char account[ID_TEXT_CHARS + 1];
    const char *reason;
    struct arena arena;
    if (!told->pass[0] || told->pass_over || world->free == 0)
        return;
    arena_init(&arena, QUEUE_ARENA);
    id_format(queue_account(person->account), account);
    wish.performance_id = QUEUE_PERFORMANCE;
    wish.account_id = account;
    begin_to_end(told);
    int err = queue_call(world, QUEUE_PEER, &arena, pass_done, &wish, &answer, &reason);
    told->leaving--;
    queue_say(world, "account %u: pays: %s", person->account, err == 0 ? "done" : reason);
    if (err == 0 && world->free > 0) {
        world->free--;
        world->coverage->paid++;
    }
    arena_release(&arena);
    if (err == 0 && show(person, told->pass) == ANSWERED)
        queue_fail(world, "the pass of account %u is good after it has paid", person->account);
}

static void leave(struct queue_person *person)
{
    struct queue_world *world = person->world;
    Usher__V1__LeaveRequest wish = USHER__V1__LEAVE_REQUEST__INIT;
    const Usher__V1__LeaveResponse *answer;
    const char *reason;
    struct arena arena;
    arena_init(&arena, QUEUE_ARENA);
    wish.sale_id = world->sale_id;
    begin_to_end(told_of(person));
    int err = queue_call(world, person->account, &arena, leave, &wish, &answer, &reason);
    told_of(person)->leaving--;
    queue_say(world, "account %u: leaves: %s", person->account, err == 0 ? "done" : reason);
    world->coverage->left += err == 0;
    arena_release(&arena);
}

/* Somebody else's receipt, and somebody else's pass. */
static void meddle(struct queue_person *person)
{
    struct queue_world *world = person->world;
    const uint32_t other = roll(person, world->account_count);
    struct told *theirs = &world->told[other];
    Usher__V1__RestoreReceiptRequest wish = USHER__V1__RESTORE_RECEIPT_REQUEST__INIT;
    const Usher__V1__Place *place;
    const char *reason;
    struct arena arena;
    if (other == person->account)
        return;
    arena_init(&arena, QUEUE_ARENA);
    if (theirs->receipt[0]) {
        wish.receipt = theirs->receipt;
        if (queue_call(world, person->account, &arena, restore_receipt, &wish, &place, &reason) ==
            0)
            queue_fail(world, "account %u has the place of %u", person->account, other);
    }
    arena_release(&arena);
    if (theirs->pass[0] && show(person, theirs->pass) == ANSWERED)
        queue_fail(world, "account %u comes in with the pass of %u", person->account, other);
}

/* ---- a person ---- */

static void act(struct queue_person *person)
{
    Usher__V1__PlaceState state = USHER__V1__PLACE_STATE__PLACE_STATE_UNSPECIFIED;
    const uint32_t what = roll(person, 100);
    if (what < 30)
        (void)join(person);
    else if (what < 55)
        (void)look(person, &state);
    else if (what < 75)
        enter(person);
    else if (what < 80)
        restore(person);
    else if (what < 87)
        show_passes(person);
    else if (what < 92)
        pay(person);
    else if (what < 96)
        leave(person);
    else
        meddle(person);
}

/* Once it is calm: everybody who waits comes in, or hears that nothing is left. */
static void finish(struct queue_person *person)
{
    struct queue_world *world = person->world;
    const int64_t until_ms = queue_wall_ms(world) + STUCK_MS;
    Usher__V1__PlaceState state;
    (void)join(person);
    while (!world->tale.failed && queue_wall_ms(world) < until_ms) {
        state = USHER__V1__PLACE_STATE__PLACE_STATE_UNSPECIFIED;
        const enum outcome outcome = look(person, &state);
        if (outcome == REFUSED || state == USHER__V1__PLACE_STATE__PLACE_STATE_DONE ||
            state == USHER__V1__PLACE_STATE__PLACE_STATE_SKIPPED ||
            (world->follow.line.state == LINE_OVER &&
             state != USHER__V1__PLACE_STATE__PLACE_STATE_INSIDE))
            return;
        if (state == USHER__V1__PLACE_STATE__PLACE_STATE_SERVED ||
            state == USHER__V1__PLACE_STATE__PLACE_STATE_INSIDE) {
            enter(person);
            show_passes(person);
            pay(person);
        }
        stage_sleep(700);
    }
    if (!world->tale.failed)
        queue_fail(world, "account %u waits for ever", person->account);
}

void queue_person_run(void *arg)
{
    struct queue_person *person = arg;
    struct queue_world *world = person->world;
    const uint32_t acts = world->still ? 4 : 6 + roll(person, 20);
    queue_wait(world, world->still ? 200 : 4000);
    for (uint32_t i = 0; i < acts && !world->tale.failed; i++) {
        if (world->still && i == 0)
            (void)join(person);
        else if (world->still)
            enter(person);
        else
            act(person);
        queue_wait(world, 1200);
    }
    while (!world->calm && !world->tale.failed)
        stage_sleep(500);
    if (!world->tale.failed)
        finish(person);
    world->people_left--;
}
