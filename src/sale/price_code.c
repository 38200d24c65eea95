/* The codes of a price list, and the categories that are hidden without one. */
#include <string.h>

#include "err/err.h"
#include "sale/price_list.h"

static bool read_bits(const struct price_list *list, const uint32_t *categories, size_t count,
                      uint64_t *ret_bits)
{
    *ret_bits = 0;
    for (size_t i = 0; i < count; i++) {
        if (categories[i] >= list->category_count || (i > 0 && categories[i] <= categories[i - 1]))
            return false;
        *ret_bits |= UINT64_C(1) << categories[i];
    }
    return true;
}

int price_list_set_hidden(struct price_list *list, const Usher__V1__PriceHidden *hidden)
{
    list->hidden = 0;
    list->says_hidden = hidden != NULL;
    return !hidden || read_bits(list, hidden->categories, hidden->n_categories, &list->hidden)
               ? 0
               : ERR_INVALID;
}

static bool read_word(const char *text, char ret_word[PRICE_WORD_MAX + 1])
{
    const size_t len = strlen(text);
    if (len < PRICE_WORD_MIN || len > PRICE_WORD_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        const char c = text[i];
        if (!(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') && c != '-')
            return false;
        ret_word[i] = c;
    }
    return true;
}

static bool read_code(const struct price_list *list, const Usher__V1__PriceCode *from,
                      struct price_code *to)
{
    *to = (struct price_code){.number = from->number,
                              .count = from->count,
                              .off_permille = from->off_permille,
                              .off_amount = from->off_amount,
                              .from_ms = from->from_ms,
                              .until_ms = from->until_ms,
                              .places = from->places,
                              .places_account = from->places_account};
    const bool rises =
        list->code_count == 0 || from->number > list->codes[list->code_count - 1].number;
    const bool one = from->count == 0;
    return rises && from->number > 0 && from->number <= PRICE_CODE_LAST &&
           from->count <= PRICE_COUNT_MAX &&
           (one ? read_word(from->word, to->word) && !price_list_word(list, view_str(to->word))
                : from->word[0] == '\0') &&
           from->off_permille <= 1000 && from->off_amount >= 0 && from->off_amount <= PRICE_MAX &&
           from->from_ms >= 0 && from->until_ms >= 0 &&
           (from->until_ms == 0 || from->until_ms > from->from_ms) &&
           read_bits(list, from->opens, from->n_opens, &to->opens);
}

int price_list_set_codes(struct price_list *list, const Usher__V1__PriceCodes *codes)
{
    list->code_count = 0;
    list->says_codes = codes != NULL;
    if (codes && codes->n_codes > PRICE_CODES_MAX)
        return ERR_INVALID;
    for (size_t i = 0; codes && i < codes->n_codes; i++) {
        if (!read_code(list, codes->codes[i], &list->codes[i]))
            return ERR_INVALID;
        list->code_count++;
    }
    return 0;
}

static uint32_t *write_bits(uint64_t bits, struct arena *arena, size_t *ret_count)
{
    uint32_t *categories = arena_alloc(arena, HALL_CATEGORIES_MAX * sizeof(*categories));
    *ret_count = 0;
    for (uint32_t i = 0; categories && i < HALL_CATEGORIES_MAX; i++) {
        if ((bits >> i & 1) != 0)
            categories[(*ret_count)++] = i;
    }
    return categories;
}

int price_list_hidden(const struct price_list *list, struct arena *arena,
                      Usher__V1__PriceHidden **ret_hidden)
{
    *ret_hidden = NULL;
    if (list->hidden == 0 && !list->says_hidden)
        return 0;
    Usher__V1__PriceHidden *hidden = arena_alloc(arena, sizeof(*hidden));
    if (!hidden)
        return ERR_NO_MEMORY;
    usher__v1__price_hidden__init(hidden);
    hidden->categories = write_bits(list->hidden, arena, &hidden->n_categories);
    *ret_hidden = hidden;
    return hidden->categories ? 0 : ERR_NO_MEMORY;
}

static bool write_code(const struct price_code *from, struct arena *arena, Usher__V1__PriceCode *to)
{
    usher__v1__price_code__init(to);
    to->number = from->number;
    to->word = (char *)from->word;
    to->count = from->count;
    to->off_permille = from->off_permille;
    to->off_amount = from->off_amount;
    to->from_ms = from->from_ms;
    to->until_ms = from->until_ms;
    to->places = from->places;
    to->places_account = from->places_account;
    to->opens = write_bits(from->opens, arena, &to->n_opens);
    return to->opens != NULL;
}

int price_list_codes(const struct price_list *list, struct arena *arena,
                     Usher__V1__PriceCodes **ret_codes)
{
    *ret_codes = NULL;
    if (list->code_count == 0 && !list->says_codes)
        return 0;
    Usher__V1__PriceCodes *codes = arena_alloc(arena, sizeof(*codes));
    Usher__V1__PriceCode *rows = arena_alloc(arena, (list->code_count + 1) * sizeof(*rows));
    if (!codes || !rows)
        return ERR_NO_MEMORY;
    usher__v1__price_codes__init(codes);
    codes->codes = arena_alloc(arena, (list->code_count + 1) * sizeof(*codes->codes));
    for (uint32_t i = 0; codes->codes && i < list->code_count; i++) {
        if (!write_code(&list->codes[i], arena, &rows[i]))
            return ERR_NO_MEMORY;
        codes->codes[codes->n_codes++] = &rows[i];
    }
    *ret_codes = codes;
    return codes->codes ? 0 : ERR_NO_MEMORY;
}

const struct price_code *price_list_code(const struct price_list *list, uint32_t number)
{
    for (uint32_t i = 0; i < list->code_count; i++) {
        if (list->codes[i].number == number)
            return &list->codes[i];
    }
    return NULL;
}

const struct price_code *price_list_word(const struct price_list *list, struct view word)
{
    for (uint32_t i = 0; i < list->code_count; i++) {
        if (list->codes[i].count == 0 && view_eq(view_str(list->codes[i].word), word))
            return &list->codes[i];
    }
    return NULL;
}

bool price_code_good(const struct price_code *code, uint32_t index, int64_t at_ms)
{
    return (code->count == 0 ? index == 0 : index < code->count) && at_ms >= code->from_ms &&
           (code->until_ms == 0 || at_ms < code->until_ms);
}

static bool same_code(const struct price_code *a, const struct price_code *b)
{
    return a->number == b->number && a->count == b->count && strcmp(a->word, b->word) == 0 &&
           a->opens == b->opens && a->off_permille == b->off_permille &&
           a->off_amount == b->off_amount && a->from_ms == b->from_ms &&
           a->until_ms == b->until_ms && a->places == b->places &&
           a->places_account == b->places_account;
}

bool price_codes_same(const struct price_list *a, const struct price_list *b)
{
    if (a->hidden != b->hidden || a->code_count != b->code_count)
        return false;
    for (uint32_t i = 0; i < a->code_count; i++) {
        if (!same_code(&a->codes[i], &b->codes[i]))
            return false;
    }
    return true;
}
