/* What a history says of the waiting list, and the ways to spoil it. */
#include "history.h"

#define OFFER_MS 60000

static void list_on(struct script *s)
{
    script_change(s, &(struct change){.kind = CHANGE_WAITING, .offer_ms = OFFER_MS});
}

static struct change *wish(struct script *s, uint64_t id, uint64_t account, uint32_t party,
                           uint32_t fewest)
{
    return script_change(s, &(struct change){.kind = CHANGE_WISH,
                                             .wish_id = script_id(id),
                                             .account_id = script_id(account),
                                             .party = party,
                                             .fewest = fewest});
}

static void wish_end(struct script *s, uint64_t id, uint64_t account)
{
    script_change(s, &(struct change){.kind = CHANGE_WISH_END,
                                      .wish_id = script_id(id),
                                      .account_id = script_id(account)});
}

static struct change *offer(struct script *s, uint64_t hold, uint64_t id, uint64_t account,
                            struct script_seats seats)
{
    struct change change = {.kind = CHANGE_OFFER,
                            .hold_id = script_id(hold),
                            .wish_id = script_id(id),
                            .account_id = script_id(account),
                            .seat_count = (uint32_t)seats.count,
                            .expires_at_ms = s->now_ms + OFFER_MS};
    memcpy(change.seats, seats.at, sizeof(change.seats));
    return script_change(s, &change);
}

static void lapse(struct script *s, uint64_t hold)
{
    s->now_ms += OFFER_MS;
    script_expire(s, hold);
}

/* Offers that are bought, lapse once and twice, are given back, or live; wishes that wait, and one
 * that has left with its offer. */
void history_write_waiting(struct store *store)
{
    struct script *s = script_new(store, script_performance(store, 50, 4));
    script_state(s, OPEN);
    list_on(s);
    wish(s, 71, 11, 2, 2);
    wish(s, 72, 12, 1, 1)->category = 1;
    wish(s, 73, 13, 3, 1)->section = 1;
    wish(s, 74, 14, 1, 1);
    wish(s, 75, 15, 1, 1);
    history_commit(s);
    offer(s, 901, 72, 12, SEATS(4)); /* too few for the first */
    offer(s, 902, 71, 11, SEATS(6, 7));
    offer(s, 903, 73, 13, SEATS(9, 10));
    script_extend(s, 902, 11, SEATS(6, 7), OFFER_MS);
    script_sell(s, 90, 902, 11, SEATS(6, 7), NULL);
    wish_end(s, 71, 11);
    history_commit(s);
    script_release(s, 903);
    wish(s, 73, 13, 3, 1)->section = 1;
    script_last(s)->lapses = 1;
    lapse(s, 901);
    wish(s, 72, 12, 1, 1)->category = 1;
    script_last(s)->lapses = 1;
    history_commit(s);
    offer(s, 904, 74, 14, SEATS(4)); /* before those that have gone behind it */
    offer(s, 905, 75, 15, SEATS(9));
    offer(s, 906, 73, 13, SEATS(10));
    wish_end(s, 75, 15);
    history_commit(s);
    lapse(s, 906);
    wish_end(s, 73, 13);
    script_expire(s, 905);
    script_expire(s, 904);
    wish(s, 74, 14, 1, 1)->lapses = 1;
    offer(s, 907, 72, 12, SEATS(9));
    history_commit(s);
    script_free(s);
}

static void begin(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 2, 1);
    wish(s, 72, 12, 1, 1);
}

static void offers_too_long(struct script *s)
{
    list_on(s);
    script_last(s)->offer_ms = LEDGER_OFFER_MAX_MS + 1;
}

static void join_without_a_list(struct script *s)
{
    wish(s, 71, 11, 1, 1);
}

static void join_again(struct script *s)
{
    begin(s);
    wish_end(s, 71, 11);
    wish(s, 71, 11, 1, 1);
}

static void join_with_lapses(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 1, 1)->lapses = 1;
}

static void wish_of_nine(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 9, 1);
}

static void wish_of_a_person(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 1, 1)->person_id = script_id(91);
}

static void becomes_another(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    script_release(s, 901);
    wish(s, 71, 11, 3, 1)->lapses = 1;
}

static void back_without_a_lapse(struct script *s)
{
    begin(s);
    wish(s, 71, 11, 2, 1)->lapses = 1;
}

static void end_of_anothers(struct script *s)
{
    begin(s);
    wish_end(s, 71, 12);
}

static void end_twice(struct script *s)
{
    begin(s);
    wish_end(s, 71, 11);
    assert(script_commit(s) == 0);
    wish_end(s, 71, 11);
    s->hide_wishes = true;
}

static void offer_without_a_list(struct script *s)
{
    begin(s);
    script_change(s, &(struct change){.kind = CHANGE_WAITING});
    offer(s, 901, 71, 11, SEATS(4));
}

static void offer_to_nobody(struct script *s)
{
    begin(s);
    offer(s, 901, 79, 11, SEATS(4));
}

static void offer_to_another(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 12, SEATS(4));
}

static void two_offers(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    offer(s, 902, 71, 11, SEATS(5));
}

static void more_than_wished(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4, 5, 6));
}

static void of_another_kind(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 1, 1)->category = 9;
    offer(s, 901, 71, 11, SEATS(4));
}

static void of_another_section(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 1, 1)->section = 9;
    offer(s, 901, 71, 11, SEATS(4));
}

static void more_wheelchairs_than_places(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 2, 1)->wheelchairs = 2;
}

static void without_the_wheelchair(struct script *s)
{
    list_on(s);
    wish(s, 71, 11, 1, 1)->wheelchairs = 1;
    offer(s, 901, 71, 11, SEATS(4));
}

static void becomes_one_without(struct script *s)
{
    begin(s);
    wish(s, 73, 13, 1, 1)->wheelchairs = 1;
    wish(s, 73, 13, 1, 1)->lapses = 1;
}

static void out_of_order(struct script *s)
{
    begin(s);
    offer(s, 901, 72, 12, SEATS(4));
}

static void before_those_behind_whom_it_went(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    script_release(s, 901);
    wish(s, 71, 11, 2, 1)->lapses = 1;
    offer(s, 902, 71, 11, SEATS(4));
}

static void longer_than_offers_last(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4))->expires_at_ms++;
}

static void nothing_said_after_a_lapse(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    script_release(s, 901);
    offer(s, 902, 72, 12, SEATS(4));
}

static void nothing_said_at_the_end(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    script_release(s, 901);
}

static void waits_after_it_bought(struct script *s)
{
    begin(s);
    offer(s, 901, 71, 11, SEATS(4));
    script_sell(s, 1, 901, 11, SEATS(4), NULL);
    wish(s, 71, 11, 2, 1)->lapses = 1;
}

static void waits_after_two_lapses(struct script *s)
{
    begin(s);
    for (uint32_t i = 0; i < 2; i++) {
        if (i == 1)
            offer(s, 911, 72, 12, SEATS(8));
        offer(s, 901 + i, 71, 11, SEATS(4));
        script_release(s, 901 + i);
        wish(s, 71, 11, 2, 1)->lapses = 1 + i;
    }
}

static void table_forgets(struct script *s)
{
    begin(s);
    s->hide_wishes = true;
}

const struct broken_rule broken_waiting_rules[] = {
    {"offers_too_long", offers_too_long, "not as long as they may be"},
    {"join_without_a_list", join_without_a_list, "joins a list that is not there"},
    {"join_again", join_again, "was over before"},
    {"join_with_lapses", join_with_lapses, "is none"},
    {"wish_of_nine", wish_of_nine, "is none"},
    {"wish_of_a_person", wish_of_a_person, "is not of whom the performance counts"},
    {"becomes_another", becomes_another, "becomes another"},
    {"back_without_a_lapse", back_without_a_lapse, "is put back, and has let nothing lapse"},
    {"end_of_anothers", end_of_anothers, "is ended by another account"},
    {"end_twice", end_twice, "ends, but does not wait"},
    {"offer_without_a_list", offer_without_a_list, "an offer of a list that is not there"},
    {"offer_to_nobody", offer_to_nobody, "which does not wait"},
    {"offer_to_another", offer_to_another, "of another account"},
    {"two_offers", two_offers, "at once"},
    {"more_than_wished", more_than_wished, "that is not what it waits for"},
    {"of_another_kind", of_another_kind, "that is not what it waits for"},
    {"of_another_section", of_another_section, "that is not what it waits for"},
    {"more_wheelchairs_than_places", more_wheelchairs_than_places, "is none"},
    {"without_the_wheelchair", without_the_wheelchair, "that is not what it waits for"},
    {"becomes_one_without", becomes_one_without, "becomes another"},
    {"out_of_order", out_of_order, "places are offered before wish"},
    {"before_those_behind_whom_it_went", before_those_behind_whom_it_went,
     "places are offered before wish"},
    {"longer_than_offers_last", longer_than_offers_last, "a hold of 60001 ms, longer than"},
    {"nothing_said_after_a_lapse", nothing_said_after_a_lapse, "does not put back it"},
    {"nothing_said_at_the_end", nothing_said_at_the_end, "does not put back it"},
    {"waits_after_it_bought", waits_after_it_bought, "does not end it"},
    {"waits_after_two_lapses", waits_after_two_lapses, "does not end it"},
    {"table_forgets", table_forgets, "waits, but is not in the table"},
};
const size_t broken_waiting_rule_count =
    sizeof(broken_waiting_rules) / sizeof(broken_waiting_rules[0]);
