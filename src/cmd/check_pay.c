/*
 * Accounts at payment providers: whether their keys are of one kind, whether webhooks can arrive
 * and do, and whether something waits at an account that no option names.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock/clock.h"
#include "cmd/check.h"
#include "cmd/cmd.h"
#include "err/err.h"
#include "store/payments_watch.h"
#include "store/store.h"

#define PAY_ARENA    (8u << 20)
#define TOLD_DAYS    7
#define TOLD_FEW     3 /* paid attempts of which a webhook may be missing by chance */
#define DAY_MS       INT64_C(86400000)
#define NAME_MAX_LEN 64

/* "toss", or "toss of organiser 2". */
static const char *name_of(struct view provider, uint32_t organiser_id, char text[NAME_MAX_LEN])
{
    if (organiser_id == 0)
        snprintf(text, NAME_MAX_LEN, "%.*s", VIEW_ARG(provider));
    else
        snprintf(text, NAME_MAX_LEN, "%.*s of organiser %" PRIu32, VIEW_ARG(provider),
                 organiser_id);
    return text;
}

/* ---- what the options name ---- */

static bool begins(const char *text, const char *with)
{
    return text && strncmp(text, with, strlen(with)) == 0;
}

/* What is wrong with the keys of an account; NULL: nothing that can be seen. */
static const char *key_trouble(const struct payment_provider *p)
{
    if (strcmp(p->name, "toss") == 0) {
        if (begins(p->secret_key, "test_gsk_") || begins(p->secret_key, "live_gsk_") ||
            begins(p->secret_key, "test_ck_") || begins(p->secret_key, "live_ck_"))
            return "the secret key is the widget's, or the browser's";
        if (p->public_key && begins(p->secret_key, "test_") != begins(p->public_key, "test_"))
            return "one key is for test money, the other for real money";
        if (begins(p->public_key, "test_sk_") || begins(p->public_key, "live_sk_"))
            return "the client key is the secret one, and goes to every buyer";
    }
    if (strcmp(p->name, "stripe") == 0) {
        if (begins(p->secret_key, "pk_"))
            return "the secret key is the publishable one";
        for (int i = 0; i < PAYMENT_SECRETS_MAX && p->webhook_secrets[i]; i++) {
            if (!begins(p->webhook_secrets[i], "whsec_"))
                return "a webhook secret does not begin with whsec_";
        }
    }
    return NULL;
}

static void check_keys(struct checks *checks, const struct payment_provider *providers,
                       uint32_t count)
{
    char name[NAME_MAX_LEN];
    for (uint32_t i = 0; i < count; i++) {
        const struct payment_provider *p = &providers[i];
        const char *trouble = key_trouble(p);
        name_of(view_str(p->name), p->organiser_id, name);
        if (trouble)
            check_note(checks, CHECK_BAD, "payment keys", "copy them from the provider's console",
                       "%s: %s", name, trouble);
        else
            check_note(checks, p->stand_in ? CHECK_LOOK : CHECK_FINE, "payment keys",
                       p->stand_in ? "well, for a rehearsal: nobody is charged" : NULL, "%s: %s",
                       name, p->test_money ? "test money" : "real money");
    }
}

/* Providers send buyers back, and webhooks, to the public address, from elsewhere. */
static void check_public_url(struct checks *checks, const struct serve_values *values,
                             const struct payment_provider *providers, uint32_t count)
{
    bool real = false;
    for (uint32_t i = 0; i < count; i++)
        real = real || !providers[i].stand_in;
    if (real && !begins(values->pay.public_url, "https://"))
        check_note(checks, CHECK_BAD, "public address",
                   "--public-url https://…: buyers come back there, and webhooks to /webhooks/…",
                   "%s", values->pay.public_url ? values->pay.public_url : "none is named");
}

/* ---- what the store knows ---- */

static bool is_named(const struct payment_provider *providers, uint32_t count, struct view provider,
                     uint32_t organiser_id)
{
    bool found = view_eq(provider, VIEW_LIT(PAYMENT_BOX_OFFICE));
    for (uint32_t i = 0; i < count; i++)
        found = found || (providers[i].organiser_id == organiser_id &&
                          view_eq(view_str(providers[i].name), provider));
    return found;
}

static int check_waiting(struct checks *checks, struct sql *sql, struct arena *arena,
                         const struct payment_provider *providers, uint32_t count)
{
    struct payment_waiting *waiting;
    char name[NAME_MAX_LEN];
    size_t rows;
    int err = payments_waiting(sql, arena, &waiting, &rows, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < rows; i++) {
        if (!is_named(providers, count, waiting[i].provider, waiting[i].provider_of))
            check_note(checks, CHECK_BAD, "payment accounts",
                       "name the account again: nobody asks the provider what became of them",
                       "%s is not configured, and %" PRId64 " attempts or refunds wait for it",
                       name_of(waiting[i].provider, waiting[i].provider_of, name),
                       waiting[i].count);
    }
    return err;
}

static int check_told(struct checks *checks, struct sql *sql, struct arena *arena,
                      const struct payment_provider *providers, uint32_t count)
{
    struct payment_told *told;
    char name[NAME_MAX_LEN];
    size_t rows;
    const int64_t since_ms = clock_wall_ms(clock_system()) - TOLD_DAYS * DAY_MS;
    int err = payments_told(sql, since_ms, arena, &told, &rows, DEADLINE_NEVER);
    for (size_t i = 0; err == 0 && i < rows; i++) {
        const struct payment_told *row = &told[i];
        if (view_eq(row->provider, VIEW_LIT(PAYMENT_BOX_OFFICE)) ||
            !is_named(providers, count, row->provider, row->provider_of))
            continue;
        const bool deaf = row->told == 0 && row->paid >= TOLD_FEW;
        check_note(checks, deaf ? CHECK_BAD : CHECK_FINE, "webhooks",
                   deaf ? "register PUBLIC-URL/webhooks/PROVIDER in the provider's console, and "
                          "look at the proxy"
                        : NULL,
                   "%s told of %" PRId64 " of %" PRId64 " payments of the last %d days",
                   name_of(row->provider, row->provider_of, name), row->told, row->paid, TOLD_DAYS);
    }
    return err;
}

static int check_contradicted(struct checks *checks, struct sql *sql, struct arena *arena)
{
    int64_t count;
    int err = payments_contradicted(sql, arena, &count, DEADLINE_NEVER);
    if (err == 0 && count > 0)
        check_note(checks, CHECK_LOOK, "payment books", "usher payment list --contradicted",
                   "of %" PRId64 " payments the provider tells otherwise than our books", count);
    return err;
}

static void check_store(struct checks *checks, const struct serve_values *values,
                        struct arena *arena, const struct payment_provider *providers,
                        uint32_t count)
{
    char why[STORE_WHY_MAX] = "";
    struct store *store = NULL;
    int err = values->store ? store_mariadb_open(values->store, true, why, &store)
                            : store_sqlite_open(values->data, true, &store);
    if (err != 0)
        return; /* there is none yet, or another check has said what is wrong with it */
    err = payments_migrate(store->sql, true, 0);
    if (err == 0)
        err = check_waiting(checks, store->sql, arena, providers, count);
    if (err == 0)
        err = check_told(checks, store->sql, arena, providers, count);
    if (err == 0)
        err = check_contradicted(checks, store->sql, arena);
    if (err != 0 && err != ERR_UNSUPPORTED) /* of an older usher: the next start brings it up */
        check_note(checks, CHECK_LOOK, "payment accounts", "usher audit says more",
                   "the store's payments cannot be read: %s", err_text(err));
    store_free(store);
}

void check_pay(struct checks *checks, const struct serve_values *values)
{
    struct payment_provider providers[PAYMENT_PROVIDERS_MAX];
    struct arena arena;
    uint32_t count = 0;
    arena_init(&arena, PAY_ARENA);
    if (providers_read(&values->pay, &arena, providers, &count) != CMD_OK)
        check_note(checks, CHECK_BAD, "payment keys", "see usher serve --help",
                   "an account is without a key, or cannot be read");
    else {
        check_keys(checks, providers, count);
        check_public_url(checks, values, providers, count);
        check_store(checks, values, &arena, providers, count);
    }
    arena_release(&arena);
}
