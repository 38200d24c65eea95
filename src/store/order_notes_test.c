#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "db/faulty_test.h"
#include "err/err.h"
#include "store/accounts.h"
#include "store/contacts.h"
#include "store/kept.h"
#include "store/order_notes.h"
#include "store/reminders.h"

static struct sql *sql;
static struct arena arena;
static const struct id buyer = {3, 4};

static void put_contact(struct id order)
{
    const struct contact c = {.order_id = order,
                              .account_id = buyer,
                              .name = VIEW_LIT("김하늘"),
                              .email = VIEW_LIT("kim@example.org"),
                              .language = VIEW_LIT("ko"),
                              .created_at_ms = 1};
    assert_int_equal(contact_put(sql, &c, DEADLINE_NEVER), 0);
}

static int add(struct id order, const char *nonce, struct view text)
{
    const struct act act = {.at_ms = 5, .what = VIEW_LIT("order.note")};
    const struct order_note_wish wish = {
        .account_id = buyer,
        .nonce = view_str(nonce),
        .note = {.order_id = order, .author_id = {7, 8}, .created_at_ms = 10, .text = text},
        .act = &act};
    return order_note_add(sql, &wish, DEADLINE_NEVER);
}

static size_t read(struct id order, struct order_note **ret_notes)
{
    size_t count = 0;
    assert_int_equal(order_notes(sql, order, &arena, ret_notes, &count, DEADLINE_NEVER), 0);
    return count;
}

static size_t acts(void)
{
    struct act *found;
    size_t count = 0;
    assert_int_equal(act_list(sql, 0, (struct id){0}, 100, &arena, &found, &count, DEADLINE_NEVER),
                     0);
    return count;
}

static void a_note_is_a_thousand_characters_with_something_to_see(void **state)
{
    char text[ORDER_NOTE_CHARS_MAX * 3 + 4];
    for (size_t i = 0; i <= ORDER_NOTE_CHARS_MAX; i++)
        memcpy(text + 3 * i, "가", 3);
    assert_true(order_note_is(view_of(text, ORDER_NOTE_CHARS_MAX * 3)));
    assert_false(order_note_is(view_of(text, ORDER_NOTE_CHARS_MAX * 3 + 3)));
    assert_false(order_note_is(view_of(text, 2)));
    assert_true(order_note_is(VIEW_LIT("rings back\non Monday")));
    assert_false(order_note_is(VIEW_LIT("")));
    assert_false(order_note_is(VIEW_LIT(" \n ")));
    assert_false(order_note_is(VIEW_LIT("a\tb")));
    assert_false(order_note_is(VIEW_LIT("a\xe2\x80\xae")));
}

static void notes_are_told_in_their_order_and_once(void **state)
{
    const struct id order = {1, 2};
    struct order_note *notes;
    const size_t before = acts();
    put_contact(order);
    assert_int_equal(read(order, &notes), 0);
    assert_int_equal(add(order, "a", VIEW_LIT("first")), 0);
    assert_int_equal(add(order, "b", VIEW_LIT("두 번째")), 0);
    assert_int_equal(add(order, "a", VIEW_LIT("first")), 0);
    assert_int_equal(read(order, &notes), 2);
    assert_int_equal(notes[0].number, 1);
    assert_int_equal(notes[1].number, 2);
    assert_true(view_eq(notes[0].text, VIEW_LIT("first")));
    assert_true(view_eq(notes[1].text, VIEW_LIT("두 번째")));
    assert_true(id_eq(notes[1].author_id, (struct id){7, 8}));
    assert_int_equal(notes[1].author_email.len, 0); /* no such account */
    assert_int_equal(notes[1].created_at_ms, 10);
    assert_int_equal(acts(), before + 2);
}

static void an_order_without_a_contact_has_none(void **state)
{
    struct order_note *notes;
    assert_int_equal(add((struct id){9, 9}, "a", VIEW_LIT("text")), ERR_NOT_FOUND);
    assert_int_equal(read((struct id){9, 9}, &notes), 0);
}

static void an_order_has_so_many(void **state)
{
    const struct id order = {5, 5};
    char nonce[16];
    struct order_note *notes;
    put_contact(order);
    for (int i = 0; i < ORDER_NOTES_MAX; i++) {
        snprintf(nonce, sizeof(nonce), "n%d", i);
        assert_int_equal(add(order, nonce, VIEW_LIT("text")), 0);
    }
    assert_int_equal(add(order, "more", VIEW_LIT("text")), ERR_FULL);
    assert_int_equal(add(order, "n7", VIEW_LIT("text")), 0); /* is there already */
    assert_int_equal(read(order, &notes), ORDER_NOTES_MAX);
    assert_int_equal(add((struct id){1, 2}, "c", VIEW_LIT("text")), 0);
}

static void what_is_no_note_is_refused(void **state)
{
    char nonce[ORDER_NOTE_NONCE_MAX + 2];
    memset(nonce, 'n', sizeof(nonce) - 1);
    nonce[sizeof(nonce) - 1] = 0;
    assert_int_equal(add((struct id){1, 2}, "d", VIEW_LIT("")), ERR_INVALID);
    assert_int_equal(add((struct id){1, 2}, "", VIEW_LIT("text")), ERR_INVALID);
    assert_int_equal(add((struct id){1, 2}, nonce, VIEW_LIT("text")), ERR_INVALID);
}

static void they_are_told_by_whose_orders_they_are_on(void **state)
{
    struct order_note *notes;
    size_t count;
    assert_int_equal(order_notes_of(sql, buyer, 20, &arena, &notes, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 20);
    assert_int_equal(order_notes_of(sql, buyer, 200, &arena, &notes, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, ORDER_NOTES_MAX + 3);
    assert_int_equal(notes[0].order_id.hi, 5);
    assert_int_equal(notes[0].number, ORDER_NOTES_MAX);
    assert_int_equal(
        order_notes_of(sql, (struct id){1, 1}, 20, &arena, &notes, &count, DEADLINE_NEVER), 0);
    assert_int_equal(count, 0);
}

static int run_account(struct sql_job *base, struct sql_txn *txn)
{
    const struct account account = {
        .account_id = buyer, .email = VIEW_LIT("kim@example.org"), .language = VIEW_LIT("ko")};
    return account_add(txn, &account);
}

static int run_order(struct sql_job *base, struct sql_txn *txn)
{
    int err = contact_order(txn, (struct id){1, 2}, buyer);
    return err == 0 ? contact_order(txn, (struct id){5, 5}, buyer) : err;
}

static void they_go_with_the_contact_when_the_buyer_leaves(void **state)
{
    struct sql_job account = {.run = run_account}, order = {.run = run_order};
    const struct act act = {.at_ms = 90, .what = VIEW_LIT("account.delete")};
    const struct kept kept[3] = {{.kind = VIEW_LIT("account"), .sealed = VIEW_LIT("a")},
                                 {.kind = VIEW_LIT("order"), .sealed = VIEW_LIT("b")},
                                 {.kind = VIEW_LIT("order"), .sealed = VIEW_LIT("c")}};
    const struct account_leaving leaving = {
        .account_id = buyer, .kept = kept, .kept_count = 3, .owner_role = 1, .act = &act};
    struct order_note *notes;
    assert_int_equal(sql_write(sql, &account, DEADLINE_NEVER), 0);
    assert_int_equal(sql_write(sql, &order, DEADLINE_NEVER), 0);
    assert_int_equal(read((struct id){5, 5}, &notes), ORDER_NOTES_MAX);
    assert_int_equal(account_delete(sql, &leaving, DEADLINE_NEVER), 0);
    assert_int_equal(read((struct id){1, 2}, &notes), 0);
    assert_int_equal(read((struct id){5, 5}, &notes), 0);
    assert_int_equal(add((struct id){1, 2}, "later", VIEW_LIT("text")), ERR_NOT_FOUND);
}

static int set_up(void **state)
{
    arena_init(&arena, 8 << 20);
    int err = sql_faulty_new(&arena, &sql);
    if (err == 0)
        err = accounts_migrate(sql, false, 1);
    if (err == 0)
        err = reminders_migrate(sql, false, 1);
    return err == 0 ? contacts_migrate(sql, false, 1) : err;
}

static int tear_down(void **state)
{
    arena_release(&arena);
    sql_free(sql);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_note_is_a_thousand_characters_with_something_to_see),
        cmocka_unit_test(notes_are_told_in_their_order_and_once),
        cmocka_unit_test(an_order_without_a_contact_has_none),
        cmocka_unit_test(an_order_has_so_many),
        cmocka_unit_test(what_is_no_note_is_refused),
        cmocka_unit_test(they_are_told_by_whose_orders_they_are_on),
        cmocka_unit_test(they_go_with_the_contact_when_the_buyer_leaves),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
