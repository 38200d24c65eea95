/*
 * change_fields: what each kind of change writes down, beside the list of kinds in sale/change.h.
 */
#ifndef USHER_SALE_CHANGE_FIELDS_H
#define USHER_SALE_CHANGE_FIELDS_H

/* Of the payment that a hold is extended for. */
enum change_stage {
    CHANGE_STAGE_NONE,     /* not told, as before 0.9.0 */
    CHANGE_STAGE_STARTING, /* it only begins */
    CHANGE_STAGE_PAYING,   /* its buyer has said yes to the provider: once a hold */
    CHANGE_STAGE_LATER,    /* it is to be paid until a deadline */
};

/*
 * What each writes down: F(type, name), where name is a field of its message and a member of struct
 * change. Types: id (16 bytes, not zero), seats (1 … 8, strictly ascending), i64, u32, id_may
 * and key_may (optional), key_must; left: as seats, into left; text: 1 … 100 bytes of a reason;
 * to: one a seat, each another of left (both stand before);
 * amounts: one a seat (seats stand before), or none; types: likewise, each less than 32; bytes: 1 …
 * 8192, borrowed.
 */
#define CHANGE_FIELDS_HOLD(F)                                                                      \
    F(id, hold_id)                                                                                 \
    F(id, account_id)                                                                              \
    F(seats, seats)                                                                                \
    F(i64, expires_at_ms)                                                                          \
    F(key_may, key)                                                                                \
    F(u32, price_list) F(types, types) F(id_may, person_id) F(u32, code) F(u32, code_index)
#define CHANGE_FIELDS_RELEASE(F) F(id, hold_id) F(i64, rest_until_ms)
#define CHANGE_FIELDS_EXPIRY(F)  F(id, hold_id) F(i64, rest_until_ms)
#define CHANGE_FIELDS_RESTED(F)  F(seats, seats)
#define CHANGE_FIELDS_SALE(F)                                                                      \
    F(id, order_id)                                                                                \
    F(id, hold_id)                                                                                 \
    F(id, account_id)                                                                              \
    F(seats, seats)                                                                                \
    F(i64, total)                                                                                  \
    F(u32, payment_method)                                                                         \
    F(key_may, key)                                                                                \
    F(id_may, payment_id)                                                                          \
    F(u32, price_list)                                                                             \
    F(amounts, amounts)                                                                            \
    F(types, types) F(id_may, person_id) F(u32, code) F(u32, code_index)
#define CHANGE_FIELDS_CANCEL(F)                                                                    \
    F(id, order_id) F(id, account_id) F(seats, seats) F(i64, rest_until_ms)
#define CHANGE_FIELDS_GIVE_BACK(F) CHANGE_FIELDS_CANCEL(F) F(left, left)
#define CHANGE_FIELDS_MOVE(F)                                                                      \
    CHANGE_FIELDS_GIVE_BACK(F) F(to, to) F(i64, difference) F(bytes, record)
#define CHANGE_FIELDS_COLLECT(F)                                                                   \
    F(id, order_id) F(id, account_id) F(i64, total) F(u32, payment_method) F(id, payment_id)
#define CHANGE_FIELDS_SALE_STATE(F) F(u32, state)
#define CHANGE_FIELDS_CHOOSE(F)                                                                    \
    F(id, hold_id)                                                                                 \
    F(id, account_id)                                                                              \
    F(seats, seats)                                                                                \
    F(i64, expires_at_ms)                                                                          \
    F(u32, price_list) F(types, types) F(id_may, person_id) F(u32, code) F(u32, code_index)
#define CHANGE_FIELDS_EXTEND(F) CHANGE_FIELDS_CHOOSE(F) F(u32, stage)
#define CHANGE_FIELDS_BLOCK(F)                                                                     \
    F(id, block_id)                                                                                \
    F(id_may, account_id) F(seats, seats) F(i64, expires_at_ms) F(text, reason)
#define CHANGE_FIELDS_UNBLOCK(F)                                                                   \
    F(id, block_id)                                                                                \
    F(id_may, account_id) F(seats, seats) F(i64, rest_until_ms) F(u32, by_time)
#define CHANGE_FIELDS_WAITING(F) F(u32, offer_ms) F(id_may, account_id)
#define CHANGE_FIELDS_WISH(F)                                                                      \
    F(id, wish_id)                                                                                 \
    F(id, account_id)                                                                              \
    F(id_may, person_id)                                                                           \
    F(u32, category) F(u32, section) F(u32, party) F(u32, fewest) F(u32, lapses) F(u32, wheelchairs)
#define CHANGE_FIELDS_WISH_END(F) F(id, wish_id) F(id, account_id)
#define CHANGE_FIELDS_OFFER(F)                                                                     \
    F(id, hold_id)                                                                                 \
    F(id, account_id)                                                                              \
    F(seats, seats) F(i64, expires_at_ms) F(u32, price_list) F(id_may, person_id) F(id, wish_id)
#define CHANGE_FIELDS_CLOCK(F)          F(i64, before_ms)
#define CHANGE_FIELDS_PRICES(F)         F(u32, number) F(bytes, list) F(id_may, plan_id)
#define CHANGE_FIELDS_PRICE_PLAN(F)     F(id, plan_id) F(i64, from_ms) F(bytes, list)
#define CHANGE_FIELDS_PRICE_PLAN_END(F) F(id, plan_id)
#define CHANGE_FIELDS_ORDER_KEY(F)      F(id, order_id) F(id, account_id) F(key_must, key)

#endif
