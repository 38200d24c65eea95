/* ListPriceCodes, GetGeneratedCodes, and what a buyer has typed. */
#include "svc/ticket/prices.h"
#include "token/roles.h"
#include "token/voucher.h"

#define TYPED_MAX     64   /* bytes that a buyer may type */
#define GENERATED_MAX 1000 /* codes in one answer */

/* Capitals, without blanks. False: nobody writes such a code. */
static bool clean(const char *typed, char ret_word[TYPED_MAX + 1])
{
    size_t len = 0;
    for (; *typed; typed++) {
        if (*typed == ' ')
            continue;
        if (len == TYPED_MAX)
            return false;
        ret_word[len++] = *typed >= 'a' && *typed <= 'z' ? (char)(*typed - 'a' + 'A') : *typed;
    }
    ret_word[len] = '\0';
    return true;
}

static const struct price_list *valid_list(const struct catalog_performance *performance)
{
    struct owner_figures figures;
    owner_figures(performance->owner, &figures);
    return catalog_price_list(performance, figures.price_list);
}

/* "#3.7", by number and index: of the payment role, whose buyer had typed the code when he held. */
static bool read_again(const struct call *call, const char *typed, struct price_use *ret_use)
{
    const struct view text = view_str(typed);
    const char *dot = memchr(text.at, '.', text.len);
    uint64_t number, index;
    if (text.at[0] != '#' || !dot || !identity_has(call_identity(call), ROLE_PEER) ||
        !view_to_u64(view_of(text.at + 1, (size_t)(dot - text.at) - 1), UINT32_MAX, &number) ||
        !view_to_u64(view_of(dot + 1, text.len - (size_t)(dot - text.at) - 1), UINT32_MAX, &index))
        return false;
    *ret_use = (struct price_use){.number = (uint32_t)number, .index = (uint32_t)index};
    return true;
}

int desk_read_code(struct call *call, const struct catalog_performance *performance,
                   const char *typed, struct price_use *ret_use)
{
    const struct ticket *ticket = call_state(call);
    char word[TYPED_MAX + 1];
    *ret_use = (struct price_use){0};
    if (!typed[0] || read_again(call, typed, ret_use))
        return 0;
    const struct price_list *valid = valid_list(performance);
    const struct price_code *code =
        valid && clean(typed, word) ? price_list_word(valid, view_str(word)) : NULL;
    if (code)
        ret_use->number = code->number;
    else if (!clean(typed, word) ||
             voucher_read(ticket->codes.voucher_key, performance->performance_id, view_str(word),
                          &ret_use->number, &ret_use->index) != 0)
        return desk_refuse_code(call);
    return 0;
}

/* The performance, for who runs it; NULL after call_fail. */
static const struct catalog_performance *managed(struct call *call, uint32_t performance_id)
{
    const struct catalog_performance *performance = desk_performance(call, performance_id);
    return performance && desk_check_event(call, performance->event) == 0 ? performance : NULL;
}

CALL_HANDLER(ticket_list_price_codes)
{
    const Usher__V1__ListPriceCodesRequest *wish = request;
    Usher__V1__ListPriceCodesResponse *answer = response;
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    struct owner_ask ask = {.verb = OWNER_USES};
    Usher__V1__PriceCodes *codes;
    if (!performance)
        return ERR_NOT_FOUND;
    if (desk_ask(call_state(call), performance, &ask, call_deadline_ns(call)) != 0)
        return desk_refused(call, &ask);
    const struct price_list *valid = valid_list(performance);
    if (!valid || price_list_codes(valid, arena, &codes) != 0)
        return desk_store_failed(call, ERR_NO_MEMORY);
    const size_t count = codes ? codes->n_codes : 0;
    answer->next_number = catalog_next_code(performance);
    Usher__V1__CodeReport *rows = arena_alloc(arena, (count + 1) * sizeof(*rows));
    answer->codes = arena_alloc(arena, (count + 1) * sizeof(*answer->codes));
    if (!rows || !answer->codes)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (size_t i = 0; i < count; i++) {
        usher__v1__code_report__init(&rows[i]);
        rows[i].code = codes->codes[i];
        for (uint32_t k = 0; k < ask.use_count; k++) {
            if (ask.uses[k].code == codes->codes[i]->number)
                rows[i].places = ask.uses[k].places;
        }
        answer->codes[answer->n_codes++] = &rows[i];
    }
    return 0;
}

CALL_HANDLER(ticket_get_generated_codes)
{
    const Usher__V1__GetGeneratedCodesRequest *wish = request;
    Usher__V1__GetGeneratedCodesResponse *answer = response;
    const struct ticket *ticket = call_state(call);
    struct arena *arena = call_arena(call);
    const struct catalog_performance *performance = managed(call, wish->performance_id);
    if (!performance)
        return ERR_NOT_FOUND;
    const struct price_list *valid = valid_list(performance);
    const struct price_code *code = valid ? price_list_code(valid, wish->number) : NULL;
    if (!code || code->count == 0)
        return desk_fail(call, CODE_NOT_FOUND, "NOT_FOUND", "number",
                         "no codes of this number were generated");
    answer->codes = arena_alloc(arena, GENERATED_MAX * sizeof(*answer->codes));
    if (!answer->codes)
        return desk_store_failed(call, ERR_NO_MEMORY);
    for (uint32_t i = wish->from_index; i < code->count && answer->n_codes < GENERATED_MAX; i++) {
        char text[VOUCHER_TEXT + 1];
        voucher_write(ticket->codes.voucher_key, performance->performance_id, code->number, i,
                      text);
        char *copy = arena_copy(arena, view_str(text));
        if (!copy)
            return desk_store_failed(call, ERR_NO_MEMORY);
        answer->codes[answer->n_codes++] = copy;
    }
    answer->more = wish->from_index + answer->n_codes < code->count;
    return 0;
}
