/* AuthService.ListAccounts and OpenKept: what the operator looks up. */
#include "err/err.h"
#include "store/kept.h"
#include "svc/auth/handlers.h"
#include "token/seal.h"

#define PAGE 20

int auth_list_accounts(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListAccountsRequest *wish = request;
    Usher__V1__ListAccountsResponse *answer = response;
    struct arena *arena = call_arena(call);
    const uint32_t rows_max = wish->page_size ? wish->page_size : PAGE;
    struct account *accounts;
    struct id before = {0};
    size_t count;
    if (rows_max > ACCOUNT_PAGE_MAX)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size", "1 to %d",
                         ACCOUNT_PAGE_MAX);
    if (wish->before_account_id[0] && id_parse(view_str(wish->before_account_id), &before))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "before_account_id",
                         "the id of an account");
    int err = account_list(auth_of(call)->sql, before, rows_max, arena, &accounts, &count,
                           call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Account *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->accounts = arena_alloc(arena, count * sizeof(*answer->accounts));
    err = rows && answer->accounts ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__account__init(&rows[i]);
        answer->accounts[answer->n_accounts++] = &rows[i];
        err = auth_answer_account(arena, &accounts[i], &rows[i]);
    }
    return err ? auth_fail_by_err(call, err) : 0;
}

static int unseal(struct call *call, const struct kept *kept, Usher__V1__Kept *row)
{
    if (kept->sealed.len < SEAL_MORE)
        return ERR_CORRUPT;
    row->json.len = kept->sealed.len - SEAL_MORE;
    row->json.data = arena_alloc(call_arena(call), row->json.len);
    row->kind = arena_copy(call_arena(call), kept->kind);
    row->kept_at_ms = kept->kept_at_ms;
    row->until_ms = kept->ends_at_ms;
    if (!row->json.data || !row->kind)
        return ERR_NO_MEMORY;
    return seal_open(auth_of(call)->kept_key, kept->sealed, row->json.data);
}

int auth_open_kept(struct call *call, const void *request, void *response)
{
    const Usher__V1__OpenKeptRequest *wish = request;
    Usher__V1__OpenKeptResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct kept *kept;
    struct id account_id;
    struct view reason;
    size_t count;
    if (id_parse(view_str(wish->account_id), &account_id))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "account_id",
                         "the id of an account");
    if (auth_read_reason(call, wish->reason, &reason))
        return 1;
    const char *about = arena_printf(arena, "%s: %s", wish->account_id, wish->reason);
    if (!about)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    const struct act act = auth_act(call, "kept.open", about);
    int err = kept_open(auth_of(call)->sql, account_id, &act, arena, &kept, &count,
                        call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Kept *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->kept = arena_alloc(arena, count * sizeof(*answer->kept));
    err = rows && answer->kept ? 0 : ERR_NO_MEMORY;
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__kept__init(&rows[i]);
        answer->kept[answer->n_kept++] = &rows[i];
        err = unseal(call, &kept[i], &rows[i]);
    }
    return err ? auth_fail_by_err(call, err) : 0;
}
