/* What a board shows to whom, and claims that turn false. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "err/err.h"
#include "svc/monitor/board_parts.h"
#include "token/roles.h"

static void books_that_do_not_add_up_are_found_once(void **state)
{
    struct board_claim claim = {.id = 1};
    Usher__V1__BooksRow row = USHER__V1__BOOKS_ROW__INIT, *rows[] = {&row};
    Usher__V1__Books books = USHER__V1__BOOKS__INIT;
    row.provider = (char *)"toss";
    row.currency = (char *)"KRW";
    row.captured = 500;
    row.sold = 300;
    row.charges = 50;
    row.refunded = 100;
    row.pending = 50;
    books.n_rows = 1;
    books.rows = rows;
    board_check_books(&claim, &books, 1000);
    assert_false(claim.finding.found);
    row.pending = 49;
    board_check_books(&claim, &books, 2000);
    assert_true(claim.finding.found);
    assert_non_null(strstr(claim.finding.text, "captured 500"));
    row.pending = 50;
    board_check_books(&claim, &books, 3000);
    assert_true(claim.finding.found); /* what was wrong once stays told */
    assert_int_equal(claim.finding.since_ms, 2000);
    assert_int_equal(claim.looks, 3);
}

static void a_line_that_lets_in_too_many_is_found(void **state)
{
    Usher__V1__Sale sale = USHER__V1__SALE__INIT;
    Usher__V1__SaleStatus status = USHER__V1__SALE_STATUS__INIT;
    struct board_claim claim = {.id = 1};
    sale.status = &status;
    sale.capacity_max = 10;
    status.inside = 10;
    status.serving = 30;
    status.last = 40;
    board_check_line(&claim, &sale, 1);
    assert_false(claim.finding.found);
    status.inside = 11;
    board_check_line(&claim, &sale, 2);
    assert_non_null(strstr(claim.finding.text, "11 are inside, of 10"));
    claim = (struct board_claim){.id = 1, .serving = 30, .last = 40};
    status.inside = 10;
    status.serving = 29;
    board_check_line(&claim, &sale, 3);
    assert_non_null(strstr(claim.finding.text, "went back"));
    claim = (struct board_claim){.id = 1};
    status.serving = 41;
    board_check_line(&claim, &sale, 4);
    assert_non_null(strstr(claim.finding.text, "number 41 is called"));
}

/* Over months many more are looked at than at one time; none goes unlooked at for it. */
static void a_claim_keeps_its_place_while_it_is_listed(void **state)
{
    struct board_claim claims[BOARD_CLAIMS_KEPT] = {0};
    uint32_t ids[BOARD_CLAIMS_KEPT];
    for (uint32_t evening = 0; evening < 3; evening++) {
        for (uint32_t i = 0; i < BOARD_CLAIMS_KEPT; i++)
            ids[i] = i == 0 ? 1000 : 1 + evening * BOARD_CLAIMS_KEPT + i;
        for (uint32_t i = 0; i < BOARD_CLAIMS_KEPT; i++) {
            struct board_claim *claim =
                board_claim_of(claims, ids, BOARD_CLAIMS_KEPT, ids[i], 100 + evening);
            assert_int_equal(claim->id, ids[i]);
            assert_int_equal(claim->first_ms, i == 0 ? 100 : 100 + evening);
            claim->looks++;
        }
    }
    assert_int_equal(board_claim_of(claims, ids, BOARD_CLAIMS_KEPT, 1000, 200)->looks, 3);
}

static void an_organiser_sees_what_is_his(void **state)
{
    Usher__V1__Board board = USHER__V1__BOARD__INIT;
    Usher__V1__BoardPerformance one = USHER__V1__BOARD_PERFORMANCE__INIT;
    Usher__V1__BoardPerformance two = USHER__V1__BOARD_PERFORMANCE__INIT;
    Usher__V1__BoardPerformance *performances[] = {&one, &two};
    Usher__V1__BoardLine line = USHER__V1__BOARD_LINE__INIT, *lines[] = {&line};
    Usher__V1__BoardClaim claim = USHER__V1__BOARD_CLAIM__INIT, *claims[] = {&claim};
    Usher__V1__BoardCalls calls = USHER__V1__BOARD_CALLS__INIT;
    struct identity manager = {.tenant_count = 1, .tenants = {{7, ROLE_MANAGER}}};
    struct identity door = {.tenant_count = 1, .tenants = {{7, ROLE_DOOR}}};
    struct identity operator= {.roles = ROLE_OPERATOR};
    one.organiser_id = 6;
    two.organiser_id = 7;
    line.organiser_id = claim.organiser_id = 6;
    board.performances = performances;
    board.lines = lines;
    board.claims = claims;
    board.n_performances = 2;
    board.n_lines = board.n_claims = 1;
    board.calls = &calls;
    board_keep_own(&board, &operator);
    assert_true(board.n_performances == 2 && board.n_lines == 1 && board.n_claims == 1);
    assert_non_null(board.calls);
    board_keep_own(&board, &manager);
    assert_int_equal(board.n_performances, 1);
    assert_ptr_equal(board.performances[0], &two);
    assert_true(board.n_lines == 0 && board.n_claims == 0 && !board.calls);
    board_keep_own(&board, &door);
    assert_int_equal(board.n_performances, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(books_that_do_not_add_up_are_found_once),
        cmocka_unit_test(a_line_that_lets_in_too_many_is_found),
        cmocka_unit_test(a_claim_keeps_its_place_while_it_is_listed),
        cmocka_unit_test(an_organiser_sees_what_is_his),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
