/* AuthService: the blocklist, the acts, and looking an account up: the operator's. */
#include "err/err.h"
#include "svc/auth/handlers.h"

#define ACTS_PAGE 20

/* The one spelling of what is to be blocked, in the arena. */
static int read_subject(struct call *call, const Usher__V1__BlockRequest *wish,
                        struct block *ret_block)
{
    char *text = arena_alloc(call_arena(call), BLOCK_SUBJECT_MAX + 1);
    const struct view value = view_str(wish->value);
    const bool has_slash = value.len && memchr(value.at, '/', value.len);
    struct roster_network network;
    struct id account_id;
    if (!text)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    switch (wish->kind) {
    case USHER__V1__BLOCK_KIND__BLOCK_KIND_ACCOUNT:
        ret_block->kind = BLOCK_ACCOUNT;
        if (id_parse(value, &account_id) || id_is_zero(account_id))
            return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value",
                             "the id of an account");
        id_format(account_id, text);
        break;
    case USHER__V1__BLOCK_KIND__BLOCK_KIND_ADDRESS:
        ret_block->kind = BLOCK_ADDRESS;
        if (has_slash || roster_read_network(value, &network))
            return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value",
                             "an address, as in 192.0.2.1 or 2001:db8::1");
        roster_write_network(&network, true, text);
        break;
    case USHER__V1__BLOCK_KIND__BLOCK_KIND_NETWORK:
        ret_block->kind = BLOCK_NETWORK;
        if (!has_slash || roster_read_network(value, &network))
            return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "value",
                             "a network, as in 192.0.2.0/24 or 2001:db8::/32");
        roster_write_network(&network, false, text);
        break;
    default:
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "kind",
                         "ACCOUNT, ADDRESS or NETWORK");
    }
    ret_block->subject = view_str(text);
    return 0;
}

static int answer_block(struct arena *arena, const struct block *block,
                        Usher__V1__BlockEntry *answer)
{
    answer->block_id = block->block_id;
    answer->kind = (Usher__V1__BlockKind)block->kind;
    answer->value = arena_copy(arena, block->subject);
    answer->reason = arena_copy(arena, block->reason);
    answer->created_at_ms = block->created_at_ms;
    answer->until_ms = block->ends_at_ms;
    return answer->value && answer->reason ? 0 : ERR_NO_MEMORY;
}

int auth_block(struct call *call, const void *request, void *response)
{
    const Usher__V1__BlockRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct block block = {.created_at_ms = clock_wall_ms(auth->clock),
                          .ends_at_ms = wish->until_ms};
    if (read_subject(call, wish, &block) || auth_read_reason(call, wish->reason, &block.reason))
        return 1;
    if (wish->until_ms != 0 && wish->until_ms <= block.created_at_ms)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "until_ms",
                         "a time to come; 0: for good");
    const char *about = arena_printf(call_arena(call), "%.*s: %.*s", VIEW_ARG(block.subject),
                                     VIEW_ARG(block.reason));
    const struct act act = auth_act(call, "block", about);
    int err = about ? block_put(auth->sql, &block, &act, &block.block_id, call_deadline_ns(call))
                    : ERR_NO_MEMORY;
    if (err == ERR_FULL)
        return auth_fail(call, CODE_RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS", NULL,
                         "there are as many blocks as there may be: block networks instead");
    if (!err)
        err = auth_load_roster(auth, call_arena(call), call_deadline_ns(call));
    if (!err)
        err = answer_block(call_arena(call), &block, response);
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_unblock(struct call *call, const void *request, void *response)
{
    const Usher__V1__UnblockRequest *wish = request;
    struct auth *auth = auth_of(call);
    const char *about = arena_printf(call_arena(call), "block %u", wish->block_id);
    const struct act act = auth_act(call, "unblock", about);
    int err =
        about ? block_end(auth->sql, wish->block_id, &act, call_deadline_ns(call)) : ERR_NO_MEMORY;
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "block_id",
                         "there is no such block, or none any more");
    if (!err)
        err = auth_load_roster(auth, call_arena(call), call_deadline_ns(call));
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_list_blocked(struct call *call, const void *request, void *response)
{
    Usher__V1__ListBlockedResponse *answer = response;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    struct grants grants;
    int err =
        grants_read(auth->sql, clock_wall_ms(auth->clock), arena, &grants, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__BlockEntry *rows = arena_alloc(arena, grants.block_count * sizeof(*rows));
    answer->entries = arena_alloc(arena, grants.block_count * sizeof(*answer->entries));
    if (!rows || !answer->entries)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < grants.block_count && !err; i++) {
        usher__v1__block_entry__init(&rows[i]);
        answer->entries[i] = &rows[i];
        err = answer_block(arena, &grants.blocks[i], &rows[i]);
    }
    answer->n_entries = grants.block_count;
    return err ? auth_fail_by_err(call, err) : 0;
}

static int answer_act(struct arena *arena, const struct act *act, Usher__V1__Act *answer)
{
    answer->act_id = act->act_id;
    answer->at_ms = act->at_ms;
    answer->what = arena_copy(arena, act->what);
    answer->address = arena_copy(arena, act->address);
    answer->about = arena_copy(arena, act->about);
    if (!id_is_zero(act->account_id))
        answer->account_id = auth_format_id(arena, act->account_id);
    return answer->what && answer->address && answer->about && answer->account_id ? 0
                                                                                  : ERR_NO_MEMORY;
}

int auth_list_acts(struct call *call, const void *request, void *response)
{
    const Usher__V1__ListActsRequest *wish = request;
    Usher__V1__ListActsResponse *answer = response;
    struct arena *arena = call_arena(call);
    struct act_query query = {.before_act_id = wish->before_act_id,
                              .what = view_str(wish->what),
                              .text = view_str(wish->text),
                              .from_ms = wish->from_ms,
                              .to_ms = wish->to_ms};
    struct act *acts;
    size_t count;
    if (wish->account_id[0] && id_parse(view_str(wish->account_id), &query.account_id))
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "account_id",
                         "the id of an account");
    if (wish->page_size > ACT_PAGE_MAX)
        return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "page_size", "1 to %d",
                         ACT_PAGE_MAX);
    int err = act_find(auth_of(call)->sql, &query, wish->page_size ? wish->page_size : ACTS_PAGE,
                       arena, &acts, &count, &answer->before_act_id, call_deadline_ns(call));
    if (err)
        return auth_fail_by_err(call, err);
    Usher__V1__Act *rows = arena_alloc(arena, count * sizeof(*rows));
    answer->acts = arena_alloc(arena, count * sizeof(*answer->acts));
    if (!rows || !answer->acts)
        return auth_fail_by_err(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count && !err; i++) {
        usher__v1__act__init(&rows[i]);
        answer->acts[i] = &rows[i];
        err = answer_act(arena, &acts[i], &rows[i]);
    }
    answer->n_acts = count;
    return err ? auth_fail_by_err(call, err) : 0;
}

int auth_find_account(struct call *call, const void *request, void *response)
{
    const Usher__V1__FindAccountRequest *wish = request;
    struct auth *auth = auth_of(call);
    struct arena *arena = call_arena(call);
    struct account account;
    struct view email;
    struct id account_id;
    int err;
    if (wish->account_id[0]) {
        if (id_parse(view_str(wish->account_id), &account_id))
            return auth_fail(call, CODE_INVALID_ARGUMENT, "BAD_ARGUMENT", "account_id",
                             "the id of an account");
        err = account_get(auth->sql, account_id, arena, &account, call_deadline_ns(call));
    } else {
        if (auth_read_email(call, wish->email, &email))
            return 1;
        err = account_find(auth->sql, email, arena, &account, call_deadline_ns(call));
    }
    if (err == ERR_NOT_FOUND)
        return auth_fail(call, CODE_NOT_FOUND, "NOT_FOUND", NULL, "there is no such account");
    if (!err)
        err = auth_answer_account(arena, &account, response);
    if (!err)
        err = auth_answer_persons(call, account.account_id, response);
    return err ? auth_fail_by_err(call, err) : 0;
}
