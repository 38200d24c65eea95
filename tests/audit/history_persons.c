/* What a history says where places are counted by person, and the ways to spoil it. */
#include "history.h"

static struct change *whose(struct script *s, uint64_t person)
{
    script_last(s)->person_id = script_id(person);
    return script_last(s);
}

/* Two accounts of one person, and one of another. */
void history_write_persons(struct store *store)
{
    struct script *s = script_new(store, script_performance_by(store, 50, 4, 2));
    script_state(s, OPEN);
    script_hold(s, 801, 11, SEATS(1, 2), NULL);
    whose(s, 91);
    script_hold(s, 802, 12, SEATS(3, 4), NULL);
    whose(s, 91);
    script_hold(s, 803, 13, SEATS(5, 6, 7, 8), NULL);
    whose(s, 92);
    history_commit(s);
    script_sell(s, 9, 801, 11, SEATS(1, 2), NULL);
    whose(s, 91);
    s->orders[s->order_count - 1].person_id = script_id(91);
    script_extend(s, 803, 13, SEATS(5, 6, 7, 8), 1000);
    whose(s, 92);
    history_commit(s);
    script_give_back(s, 9, 11, SEATS(1), SEATS(2));
    script_release(s, 802);
    script_hold(s, 804, 12, SEATS(10, 11, 12), NULL);
    whose(s, 91);
    history_commit(s);
    script_free(s);
}

static void hold_of_a_person(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    whose(s, 91);
}

static void hold_too_many_of_a_person(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4, 5, 6, 7), NULL);
    whose(s, 91);
    script_hold(s, 102, 12, SEATS(8, 9, 10, 11), NULL);
    whose(s, 91);
    script_hold(s, 103, 13, SEATS(12, 13), NULL);
    whose(s, 91);
}

/* Code 3 is for two places of each. */
static void code_overdrawn_by_a_person(struct script *s)
{
    script_codes(s, 1, 0);
    for (uint32_t i = 0; i < 3; i++) {
        script_hold(s, 101 + i, 11 + i, SEATS(4 + i), NULL);
        struct change *change = whose(s, 91);
        change->price_list = 1;
        change->code = 3;
    }
}

static void sell_to_a_person(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_sell(s, 1, 101, 11, SEATS(4), NULL);
    whose(s, 91);
    s->orders[0].person_id = script_id(91);
}

static void extend_for_a_person(struct script *s)
{
    script_hold(s, 101, 11, SEATS(4), NULL);
    script_extend(s, 101, 11, SEATS(4), 1);
    whose(s, 91);
}

const struct broken_rule broken_person_rules[] = {
    {"hold_of_a_person", hold_of_a_person,
     "a hold of a person, where places are counted by account"},
    {"hold_too_many_of_a_person", hold_too_many_of_a_person, "person "},
    {"code_overdrawn_by_a_person", code_overdrawn_by_a_person,
     "for more places of an account, or person"},
    {"sell_to_a_person", sell_to_a_person, "which is another account's"},
    {"extend_for_a_person", extend_for_a_person, "with another account or other seats"},
};
const size_t broken_person_rule_count =
    sizeof(broken_person_rules) / sizeof(broken_person_rules[0]);
