#include "sale/payment.h"

#include <stddef.h>

#include "err/err.h"

static const struct {
    const char *word;
    unsigned next;
} states[PAYMENT_STATES + 1] = {
#define X(name, number, word, next) [PAYMENT_##name] = {word, next},
    PAYMENT_STATE_LIST(X)
#undef X
};

const char *payment_state_word(uint32_t state)
{
    return state <= PAYMENT_STATES ? states[state].word : NULL;
}

bool payment_may(uint32_t from, uint32_t to)
{
    return from <= PAYMENT_STATES && to >= 1 && to <= PAYMENT_STATES &&
           (states[from].next >> to & 1);
}

bool payment_is_dead(uint32_t state)
{
    return state == PAYMENT_DECLINED || state == PAYMENT_ABANDONED;
}

bool payment_is_open(uint32_t state)
{
    return state <= PAYMENT_UNCLEAR || state == PAYMENT_DEPOSIT || state == PAYMENT_CAPTURED ||
           state == PAYMENT_REFUNDING;
}

bool payment_books_hold(uint32_t state, const struct payment_books *b)
{
    const int64_t parts[] = {b->amount, b->captured, b->sold, b->kept, b->refunded, b->pending};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i] < 0 || parts[i] > b->amount)
            return false;
    }
    const int64_t placed = b->sold + b->kept + b->refunded + b->pending;
    const int64_t back = b->kept + b->refunded;
    switch ((enum payment_state)state) {
    case PAYMENT_WAITING:
    case PAYMENT_CONFIRMING:
    case PAYMENT_UNCLEAR:
    case PAYMENT_DEPOSIT:
    case PAYMENT_DECLINED:
    case PAYMENT_ABANDONED:
        return b->captured == 0 && placed == 0;
    case PAYMENT_CAPTURED:
        return b->captured == b->amount && placed == 0;
    case PAYMENT_DONE:
        return b->captured == b->amount && placed == b->captured && b->pending == 0 && b->sold > 0;
    case PAYMENT_REFUNDING:
        return b->captured == b->amount && placed == b->captured && b->pending > 0;
    case PAYMENT_REFUNDED:
        return b->captured == b->amount && back == b->captured && placed == back;
    }
    return false;
}
