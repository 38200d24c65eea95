#include "psp/faults.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"

#define RULES_MAX 64
#define MS_MAX    86400000
#define APIS_MAX  64 /* of all dialects together */

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
    int64_t a_minute; /* 0: no limit */
    int64_t minute;   /* that is counted */
    struct {
        const void *api;
        int64_t count;
    } asked[APIS_MAX];
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

/* ---- a script ---- */

enum kind { WORD, COUNT, SHARE, LIST, OBJECT };
static const char *const kinds[] = {"a word", "a whole number from 0", "a number from 0 to 1",
                                    "a list", "an object"};

struct field {
    const char *name;
    enum kind kind;
};

static const struct field script_fields[] = {
    {"rules", LIST},           {"webhooks", OBJECT},         {"latency_ms", COUNT},
    {"latency_max_ms", COUNT}, {"requests_a_minute", COUNT}, {0}};
static const struct field rule_fields[] = {{"on", WORD},      {"do", WORD},     {"order", WORD},
                                           {"chance", SHARE}, {"times", COUNT}, {0}};
static const struct field webhook_fields[] = {
    {"lose", SHARE}, {"twice", SHARE}, {"late", SHARE}, {"late_ms", COUNT}, {0}};
/* What can be asked for; "any" is all of them. */
static const char *const asked[] = {"any",    "session",   "confirm", "lookup", "expire",
                                    "cancel", "netcancel", "deposit", "send"};

static bool is_kind(const json_t *value, enum kind kind)
{
    switch (kind) {
    case WORD:
        return json_is_string(value);
    case COUNT:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case SHARE:
        return json_is_number(value) && json_number_value(value) >= 0 &&
               json_number_value(value) <= 1;
    case LIST:
        return json_is_array(value);
    case OBJECT:
        break;
    }
    return json_is_object(value);
}

/* What is misspelt would do nothing, and a rehearsal would prove nothing. */
static int check_fields(json_t *object, const struct field *fields, char ret_why[FAULTS_WHY])
{
    const char *name;
    json_t *value;
    if (!json_is_object(object)) {
        snprintf(ret_why, FAULTS_WHY, "a script, a rule and \"webhooks\" are JSON objects");
        return ERR_INVALID;
    }
    json_object_foreach(object, name, value)
    {
        const struct field *field = fields;
        while (field->name && strcmp(field->name, name) != 0)
            field++;
        if (!field->name)
            snprintf(ret_why, FAULTS_WHY, "nothing is called \"%.40s\" there", name);
        else if (!is_kind(value, field->kind))
            snprintf(ret_why, FAULTS_WHY, "\"%s\" is %s", name, kinds[field->kind]);
        else
            continue;
        return ERR_INVALID;
    }
    return 0;
}

static double part(const json_t *object, const char *name, double standard)
{
    const json_t *value = object ? json_object_get(object, name) : NULL;
    return value ? json_number_value(value) : standard;
}

static int64_t ms(const json_t *object, const char *name)
{
    const json_int_t value = json_integer_value(json_object_get(object, name));
    return value > MS_MAX ? MS_MAX : value;
}

static bool is_asked(const char *word)
{
    for (size_t i = 0; word && i < sizeof(asked) / sizeof(asked[0]); i++) {
        if (strcmp(asked[i], word) == 0)
            return true;
    }
    return false;
}

static int read_rule(struct faults *f, json_t *rule, char ret_why[FAULTS_WHY])
{
    struct rule *r = &f->rules[f->rule_count++];
    const json_t *times = json_object_get(rule, "times");
    int err = check_fields(rule, rule_fields, ret_why);
    if (err != 0)
        return err;
    r->fault = fault_of(json_string_value(json_object_get(rule, "do")));
    r->on = json_string_value(json_object_get(rule, "on"));
    r->order = json_string_value(json_object_get(rule, "order"));
    r->chance = part(rule, "chance", 1);
    r->times = times ? json_integer_value(times) : -1;
    if (r->fault == FAULT_NONE)
        snprintf(ret_why, FAULTS_WHY, "a rule's \"do\" is no fault");
    else if (!is_asked(r->on))
        snprintf(ret_why, FAULTS_WHY,
                 "a rule's \"on\" is any, session, confirm, lookup, expire, cancel, netcancel or "
                 "deposit");
    else
        return 0;
    return ERR_INVALID;
}

int faults_set(struct faults *faults, json_t *script, char ret_why[FAULTS_WHY])
{
    struct faults fresh = {.chance = faults->chance};
    int err = check_fields(script, script_fields, ret_why);
    if (err != 0)
        return err;
    fresh.script = json_deep_copy(script);
    json_t *rules = json_object_get(fresh.script, "rules");
    json_t *webhooks = json_object_get(fresh.script, "webhooks");
    if (json_array_size(rules) > RULES_MAX) {
        snprintf(ret_why, FAULTS_WHY, "at most %d rules", RULES_MAX);
        err = ERR_INVALID;
    }
    for (size_t i = 0; err == 0 && i < json_array_size(rules); i++)
        err = read_rule(&fresh, json_array_get(rules, i), ret_why);
    if (err == 0 && webhooks)
        err = check_fields(webhooks, webhook_fields, ret_why);
    fresh.latency_ms = ms(fresh.script, "latency_ms");
    fresh.latency_max_ms = ms(fresh.script, "latency_max_ms");
    fresh.late_ms = ms(webhooks, "late_ms");
    fresh.a_minute = json_integer_value(json_object_get(fresh.script, "requests_a_minute"));
    fresh.lose = part(webhooks, "lose", 0);
    fresh.twice = part(webhooks, "twice", 0);
    fresh.late = part(webhooks, "late", 0);
    if (err != 0) {
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

bool faults_may_ask(struct faults *faults, const void *api, int64_t now_ms)
{
    size_t i = 0;
    if (faults->a_minute == 0)
        return true;
    if (faults->minute != now_ms / 60000) {
        faults->minute = now_ms / 60000;
        memset(faults->asked, 0, sizeof(faults->asked));
    }
    while (i < APIS_MAX - 1 && faults->asked[i].api && faults->asked[i].api != api)
        i++;
    faults->asked[i].api = api;
    return ++faults->asked[i].count <= faults->a_minute;
}

unsigned faults_webhook(struct faults *faults, int64_t *ret_late_ms)
{
    *ret_late_ms = chance_unit(faults->chance) < faults->late ? faults->late_ms : 0;
    if (chance_unit(faults->chance) < faults->lose)
        return 0;
    return chance_unit(faults->chance) < faults->twice ? 2 : 1;
}
