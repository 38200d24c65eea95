/* The waiting list, by the ledger alone: who waits, and that nobody gets before him what he could
 * have had. */
#include "sim/truth.h"

static struct truth_wish *waits(struct truth *truth, struct id wish_id)
{
    for (uint32_t i = 0; i < truth->wish_count; i++) {
        if (id_eq(truth->wishes[i].wish_id, wish_id))
            return truth->wishes[i].over ? NULL : &truth->wishes[i];
    }
    return NULL;
}

const struct truth_wish *truth_find_wish(struct truth *truth, struct id wish_id)
{
    return waits(truth, wish_id);
}

bool truth_follow_waiting(struct truth *truth, const struct change *change)
{
    truth->offer_ms = change->offer_ms;
    return true;
}

bool truth_follow_wish(struct truth *truth, const struct change *change, uint64_t version)
{
    struct truth_wish *wish = waits(truth, change->wish_id);
    if (wish && (change->lapses != wish->lapses + 1 || truth->due != wish))
        return truth_wrong(truth, "a wish goes behind the others, and has let nothing lapse");
    if (!wish) {
        for (uint32_t i = 0; i < truth->wish_count; i++) {
            if (id_eq(truth->wishes[i].wish_id, change->wish_id))
                return truth_wrong(truth, "a wish joins that was over");
        }
        if (truth->offer_ms == 0 || change->lapses != 0)
            return truth_wrong(truth, "a wish joins a list that is off, or has lapsed before");
        assert(truth->wish_count < TRUTH_WISHES_MAX);
        wish = &truth->wishes[truth->wish_count++];
    }
    *wish = (struct truth_wish){.wish_id = change->wish_id,
                                .account_id = change->account_id,
                                .person_id = change->person_id,
                                .category = change->category,
                                .section = change->section,
                                .party = change->party,
                                .fewest = change->fewest,
                                .wheelchairs = change->wheelchairs,
                                .lapses = change->lapses,
                                .position = version};
    truth->due = NULL;
    return true;
}

bool truth_follow_wish_end(struct truth *truth, const struct change *change)
{
    struct truth_wish *wish = waits(truth, change->wish_id);
    if (!wish || !id_eq(wish->account_id, change->account_id))
        return truth_wrong(truth, "a wish ends that does not wait, or is another's");
    wish->over = true;
    truth->due = NULL;
    return true;
}

static bool is_wished(const struct truth *truth, const struct truth_wish *wish, uint32_t seat)
{
    const struct hall_seat *place = &truth->hall->seats[seat];
    const bool beside = wish->wheelchairs > 0 && wish->party > wish->wheelchairs;
    const bool kind = place->kind == HALL_WHEELCHAIR ? wish->wheelchairs > 0
                      : place->kind == HALL_ORDINARY ? wish->wheelchairs == 0 || beside
                                                     : beside;
    return kind && (wish->category == 0 || wish->category == place->category + 1u) &&
           (wish->section == 0 || wish->section == place->section + 1u);
}

/* Whether a limit of a category may keep somebody from a change's seats. */
static bool limited(const struct truth *truth, const struct change *change)
{
    const struct price_list *list = &truth->lists[truth->list_count - 1];
    bool any = false;
    for (uint32_t i = 0; i < change->seat_count; i++)
        any = any || list->category_places[truth->hall->seats[change->seats[i]].category] > 0;
    return any;
}

/* How many of a change's seats a wish could take. */
static uint32_t wished(const struct truth *truth, const struct truth_wish *wish,
                       const struct change *change)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < change->seat_count; i++)
        count += is_wished(truth, wish, change->seats[i]);
    return count;
}

static uint32_t wheelchairs_of(const struct truth *truth, const struct change *change)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < change->seat_count; i++)
        count += truth->hall->seats[change->seats[i]].kind == HALL_WHEELCHAIR;
    return count;
}

/* Whether it could be offered so few places as it takes: it waits, for these at least. */
static bool may_be_offered(const struct truth *truth, const struct truth_wish *wish)
{
    const struct id whose = id_is_zero(wish->person_id) ? wish->account_id : wish->person_id;
    return !wish->over && id_is_zero(wish->hold_id) &&
           truth_places_of(truth, whose) + wish->fewest <= truth->places_max;
}

/* Whether it could be offered as many. */
static bool may_have_all(const struct truth *truth, const struct truth_wish *wish, uint32_t count)
{
    const struct id whose = id_is_zero(wish->person_id) ? wish->account_id : wish->person_id;
    return wish->party >= count && truth_places_of(truth, whose) + count <= truth->places_max;
}

bool truth_check_offer(struct truth *truth, const struct change *change)
{
    struct truth_wish *wish = waits(truth, change->wish_id);
    if (truth->offer_ms == 0 || !wish || !id_is_zero(wish->hold_id))
        return truth_wrong(truth, "an offer to who does not wait, or has one");
    if (!id_eq(wish->account_id, change->account_id) ||
        !id_eq(wish->person_id, change->person_id) || change->seat_count < wish->fewest ||
        change->seat_count > wish->party || wished(truth, wish, change) != change->seat_count ||
        wheelchairs_of(truth, change) != wish->wheelchairs ||
        change->expires_at_ms - change->at_ms > truth->offer_ms)
        return truth_wrong(truth, "an offer that is not what the wish waits for");
    for (uint32_t i = 0; i < truth->wish_count; i++) {
        const struct truth_wish *other = &truth->wishes[i];
        if (other->position < wish->position && may_be_offered(truth, other) &&
            other->fewest <= change->seat_count && other->wheelchairs == wish->wheelchairs &&
            (other->wheelchairs == 0 || may_have_all(truth, other, change->seat_count)) &&
            !limited(truth, change) && wished(truth, other, change) == change->seat_count)
            return truth_wrong(truth, "an offer before one that waits longer for the same");
    }
    wish->hold_id = change->hold_id;
    truth->offer_count++;
    return true;
}

/* What the public takes, nobody waits for. */
bool truth_check_public(struct truth *truth, const struct change *change)
{
    const struct price_list *list = &truth->lists[truth->list_count - 1];
    for (uint32_t i = 0; truth->offer_ms > 0 && i < truth->wish_count && !limited(truth, change);
         i++) {
        const struct truth_wish *wish = &truth->wishes[i];
        if (wish->fewest > 1 || !may_be_offered(truth, wish))
            continue;
        for (uint32_t k = 0; k < change->seat_count; k++) {
            const uint32_t seat = change->seats[k];
            if (seat < truth->hall->place_count && is_wished(truth, wish, seat) &&
                (truth->hall->seats[seat].kind == HALL_WHEELCHAIR) == (wish->wheelchairs > 0) &&
                (list->hidden >> truth->hall->seats[seat].category & 1) == 0)
                return truth_wrong(truth, "seat %u is held by who did not wait for it", seat);
        }
    }
    return true;
}

void truth_offer_ended(struct truth *truth, const struct truth_hold *known, bool sold)
{
    struct truth_wish *wish = waits(truth, known->hold.wish_id);
    if (id_is_zero(known->hold.wish_id) || !wish || !id_eq(wish->hold_id, known->hold.hold_id))
        return;
    wish->hold_id = (struct id){0};
    truth->due = wish;
    truth->due_kind =
        sold || wish->lapses + 1 == LEDGER_WISH_LAPSES ? CHANGE_WISH_END : CHANGE_WISH;
    truth->lapse_count += !sold;
}

bool truth_check_due(struct truth *truth, const struct change *change)
{
    return !truth->due ||
           (change->kind == truth->due_kind && id_eq(change->wish_id, truth->due->wish_id)) ||
           truth_wrong(truth, "nothing is said of a wish whose offer has ended");
}

bool truth_compare_wishes(struct truth *truth)
{
    struct store_waiting waiting;
    size_t count = 0;
    int err = truth->store->ops->waiting_get(truth->store, truth->performance_id, &truth->arena,
                                             &waiting, DEADLINE_NEVER);
    assert(err == 0);
    for (size_t i = 0; i < waiting.wish_count; i++) {
        const struct truth_wish *wish = waits(truth, waiting.wishes[i].wish_id);
        if (!wish || wish->position != waiting.wishes[i].position ||
            wish->lapses != waiting.wishes[i].lapses || wish->party != waiting.wishes[i].party)
            return truth_wrong(truth, "P11: a wish waits, but not by the ledger");
    }
    for (uint32_t i = 0; i < truth->wish_count; i++)
        count += !truth->wishes[i].over;
    if (count != waiting.wish_count || truth->due || waiting.offer_ms != truth->offer_ms)
        return truth_wrong(truth, "P11: %zu wishes wait, %zu by the ledger", waiting.wish_count,
                           count);
    return true;
}
