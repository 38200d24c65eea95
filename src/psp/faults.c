#include "psp/faults.h"

#include <stdlib.h>
#include <string.h>

#include "err/err.h"

#define RULES_MAX 64
#define MS_MAX    86400000

struct rule {
    enum fault fault;
    const char *on;
    const char *order; /* NULL: any */
    double chance;
    int64_t times; /* left; -1: always */
};

struct faults {
    struct chance *chance;
    json_t *script; /* owns the texts */
    struct rule rules[RULES_MAX];
    size_t rule_count;
    int64_t latency_ms, latency_max_ms, late_ms;
    double lose, twice, late;
};

static const char *const words[] = {
#define X(name, word) [FAULT_##name] = word,
    FAULT_LIST(X)
#undef X
};

int faults_new(struct chance *chance, struct faults **ret_faults)
{
    struct faults *faults = calloc(1, sizeof(*faults));
    if (!faults)
        return ERR_NO_MEMORY;
    faults->chance = chance;
    *ret_faults = faults;
    return 0;
}

void faults_free(struct faults *faults)
{
    if (!faults)
        return;
    json_decref(faults->script);
    free(faults);
}

static enum fault fault_of(const char *word)
{
    for (size_t i = 1; word && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(words[i], word) == 0)
            return (enum fault)i;
    }
    return FAULT_NONE;
}

static double part(const json_t *object, const char *name, double standard)
{
    const json_t *value = object ? json_object_get(object, name) : NULL;
    return value ? json_number_value(value) : standard;
}

static int64_t ms(const json_t *object, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value < 0 ? 0 : value > MS_MAX ? MS_MAX : value;
}

static int read_rule(struct faults *f, const json_t *rule, const char **ret_why)
{
    struct rule *r = &f->rules[f->rule_count++];
    const json_t *times = json_object_get(rule, "times");
    r->fault = fault_of(json_string_value(json_object_get(rule, "do")));
    r->on = json_string_value(json_object_get(rule, "on"));
    r->order = json_string_value(json_object_get(rule, "order"));
    r->chance = part(rule, "chance", 1);
    r->times = times ? json_integer_value(times) : -1;
    if (r->fault == FAULT_NONE)
        *ret_why = "a rule's \"do\" is no fault";
    else if (!r->on)
        *ret_why = "a rule needs \"on\"";
    else
        return 0;
    return ERR_INVALID;
}

int faults_set(struct faults *faults, const json_t *script, const char **ret_why)
{
    struct faults fresh = {.chance = faults->chance};
    const json_t *rules = json_object_get(script, "rules");
    const json_t *webhooks = json_object_get(script, "webhooks");
    int err = json_is_object(script) ? 0 : ERR_INVALID;
    if (err)
        *ret_why = "a script is a JSON object";
    if (json_array_size(rules) > RULES_MAX) {
        *ret_why = "at most 64 rules";
        return ERR_INVALID;
    }
    fresh.script = json_deep_copy(script);
    rules = json_object_get(fresh.script, "rules");
    for (size_t i = 0; !err && i < json_array_size(rules); i++)
        err = read_rule(&fresh, json_array_get(rules, i), ret_why);
    fresh.latency_ms = ms(script, "latency_ms");
    fresh.latency_max_ms = ms(script, "latency_max_ms");
    fresh.late_ms = ms(webhooks, "late_ms");
    fresh.lose = part(webhooks, "lose", 0);
    fresh.twice = part(webhooks, "twice", 0);
    fresh.late = part(webhooks, "late", 0);
    if (err) {
        json_decref(fresh.script);
        return err;
    }
    json_decref(faults->script);
    *faults = fresh;
    return 0;
}

enum fault faults_pick(struct faults *faults, const char *on, const char *order)
{
    for (size_t i = 0; i < faults->rule_count; i++) {
        struct rule *r = &faults->rules[i];
        if (r->times == 0 || (strcmp(r->on, on) != 0 && strcmp(r->on, "any") != 0) ||
            (r->order && (!order || strcmp(r->order, order) != 0)) ||
            chance_unit(faults->chance) >= r->chance)
            continue;
        r->times -= r->times > 0;
        return r->fault;
    }
    return FAULT_NONE;
}

int64_t faults_latency_ms(struct faults *faults)
{
    const int64_t more = faults->latency_max_ms - faults->latency_ms;
    return faults->latency_ms +
           (more > 0 ? (int64_t)chance_below(faults->chance, (uint64_t)more + 1) : 0);
}

unsigned faults_webhook(struct faults *faults, int64_t *ret_late_ms)
{
    *ret_late_ms = chance_unit(faults->chance) < faults->late ? faults->late_ms : 0;
    if (chance_unit(faults->chance) < faults->lose)
        return 0;
    return chance_unit(faults->chance) < faults->twice ? 2 : 1;
}
