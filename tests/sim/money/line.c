/* A buyer's way through the line: join, wait, come in; and what calls show of it, which is not
 * always what it should be. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "err/err.h"
#include "sim/money/visit.h"

#define LOOKS_MAX 150 /* of somebody who waits */

static bool is_pass_refusal(const char *reason)
{
    return strncmp(reason, "PASS_", 5) == 0;
}

/* The person as it is in the durable line; NULL: there is none. */
static const struct person *durable(struct money_world *world, uint32_t number)
{
    follow_read(&world->line);
    return number > 0 && number <= world->line.line.count ? line_person(&world->line.line, number)
                                                          : NULL;
}

/* It is durable that the pass is over, or that there is a newer one. */
static bool is_over(struct money_world *world, const struct held_pass *pass)
{
    const struct person *person = durable(world, pass->number);
    return !person || person->state == PERSON_ENDED || person->serial > pass->serial;
}

static bool is_in(struct money_world *world, const struct held_pass *pass)
{
    const struct person *person = durable(world, pass->number);
    return person && person->state == PERSON_INSIDE && person->serial == pass->serial;
}

/* ---- coming in ---- */

/* A number is its account's, in what is durable. Before the draw there is none. */
static void check_number(struct money_buyer *buyer, uint64_t number)
{
    const struct person *person = durable(buyer->world, (uint32_t)number);
    if (number > 0 && (!person || !id_eq(person->account_id, buyer->who.account_id)))
        money_fail(buyer->world, "buyer %u was told number %" PRIu64 ", which is not its own",
                   buyer->number, number);
}

/* Whether it is the buyer's turn; *ret_waits: not yet, but it may come. */
static bool has_turn(struct money_buyer *buyer, const Usher__V1__Place *place, bool *ret_waits)
{
    check_number(buyer, place->number);
    *ret_waits = place->state == USHER__V1__PLACE_STATE__PLACE_STATE_IN_DRAW ||
                 place->state == USHER__V1__PLACE_STATE__PLACE_STATE_WAITING;
    return place->state == USHER__V1__PLACE_STATE__PLACE_STATE_SERVED ||
           place->state == USHER__V1__PLACE_STATE__PLACE_STATE_INSIDE;
}

static bool wait_for_turn(struct money_buyer *buyer, struct arena *arena)
{
    const Usher__V1__Place *place;
    Usher__V1__JoinRequest joining = USHER__V1__JOIN_REQUEST__INIT;
    Usher__V1__GetPlaceRequest looking = USHER__V1__GET_PLACE_REQUEST__INIT;
    bool waits = true, turn = false;
    joining.sale_id = looking.sale_id = buyer->world->sale_id;
    int err = PERSIST(buyer, arena, VISIT_LINE, Usher__V1__WaitroomService, join, &joining, &place);
    if (err != 0)
        return false;
    buyer->world->coverage->joined++;
    for (int i = 0; i < LOOKS_MAX && !buyer->world->tale.failed; i++) {
        turn = err == 0 && has_turn(buyer, place, &waits);
        if (err != 0 || turn || !waits)
            break;
        buyer_wait(buyer, VISIT_PAUSE_MS);
        err = PERSIST(buyer, arena, VISIT_LINE, Usher__V1__WaitroomService, get_place, &looking,
                      &place);
    }
    return turn;
}

bool line_come_in(struct money_buyer *buyer, struct arena *arena)
{
    struct money_world *world = buyer->world;
    const Usher__V1__Pass *pass;
    Usher__V1__EnterRequest wish = USHER__V1__ENTER_REQUEST__INIT;
    wish.sale_id = world->sale_id;
    if (!world->has_line)
        return true;
    if (!wait_for_turn(buyer, arena))
        return false;
    if (buyer_odds(buyer, 6))
        buyer_wait(buyer, 6000); /* perhaps longer than there is time to claim */
    if (PERSIST(buyer, arena, VISIT_LINE, Usher__V1__WaitroomService, enter, &wish, &pass) != 0)
        return false;
    check_number(buyer, pass->number);
    if (pass->number > world->line.line.serving)
        money_fail(world, "number %" PRIu64 " came in, and %u are served", pass->number,
                   world->line.line.serving);
    buyer->old_pass = buyer->pass;
    snprintf(buyer->pass.text, sizeof(buyer->pass.text), "%s", pass->pass);
    buyer->pass.number = (uint32_t)pass->number;
    buyer->pass.serial = durable(world, buyer->pass.number)->serial;
    buyer->shown = buyer->pass.text;
    world->coverage->entered++;
    money_say(world, "buyer %u comes in with number %u", buyer->number, buyer->pass.number);
    return true;
}

void line_go(struct money_buyer *buyer, struct arena *arena)
{
    const Usher__V1__LeaveResponse *answer;
    Usher__V1__LeaveRequest wish = USHER__V1__LEAVE_REQUEST__INIT;
    wish.sale_id = buyer->world->sale_id;
    if (buyer->world->has_line && buyer_odds(buyer, 60))
        (void)PERSIST(buyer, arena, VISIT_LINE, Usher__V1__WaitroomService, leave, &wish, &answer);
}

/* ---- showing it ---- */

bool line_show(struct money_buyer *buyer)
{
    struct money_world *world = buyer->world;
    struct money_buyer *other = &world->buyers[(buyer->number) % world->buyer_count];
    if (!world->has_line)
        return false;
    const uint32_t what = world->still ? 99 : buyer_below(buyer, 100);
    buyer->shown = what < 4                              ? NULL
                   : what < 8 && buyer->old_pass.text[0] ? buyer->old_pass.text
                   : what < 12 && other->pass.text[0]    ? other->pass.text
                                                         : buyer->pass.text;
    return buyer->shown != buyer->pass.text || is_over(world, &buyer->pass);
}

void line_judge(struct money_buyer *buyer, bool bad, int err, const char *what)
{
    struct money_world *world = buyer->world;
    if (!world->has_line)
        return;
    const bool refused = err != 0 && is_pass_refusal(buyer->reason);
    world->coverage->passes_refused += refused;
    if (bad && err == 0)
        money_fail(world, "buyer %u %s without a pass that is good", buyer->number, what);
    if (refused && !bad && world->flawless && is_in(world, &buyer->pass))
        money_fail(world, "buyer %u is inside, and %s: %s", buyer->number, what, buyer->reason);
    buyer->shown = buyer->pass.text;
}

/* Where an answer was lost, the room may not have heard of it: then the pass ends by its time. */
void line_note_paid(struct money_buyer *buyer)
{
    struct money_world *world = buyer->world;
    if (!world->has_line)
        return;
    world->coverage->paid_in_line++;
    if (world->flawless && !is_over(world, &buyer->pass))
        money_fail(world, "buyer %u has paid, and is still inside", buyer->number);
}
