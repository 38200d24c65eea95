/* The pages on which a buyer pays with test money. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "err/err.h"
#include "psp/till.h"
#include "sale/currency.h"

static const char head[] =
    "<!doctype html><html lang=\"ko\"><meta charset=\"utf-8\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<title>Test payment · 테스트 결제</title><style>"
    "body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;"
    "color:#1b1b1f;background:#f6f6f8}main{background:#fff;border-radius:12px;padding:1.5rem;"
    "box-shadow:0 1px 4px #0002}h1{font-size:1.25rem;margin:0 0 .5rem}.sum{font-size:1.75rem;"
    "font-weight:600;margin:.5rem 0 1rem}.test{background:#fff3cd;border-radius:8px;"
    "padding:.5rem .75rem;margin:0 0 1rem}button{display:block;width:100%;font:inherit;"
    "padding:.75rem;margin:.5rem 0;border:1px solid #8888;border-radius:8px;background:#fff;"
    "cursor:pointer}button.pay{background:#1a56db;color:#fff;border-color:#1a56db}"
    "button:focus-visible{outline:3px solid #f59e0b;outline-offset:2px}</style><main>";

/* What HTML gives a meaning to is spelled out. */
static void put_text(FILE *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '<')
            fputs("&lt;", out);
        else if (*text == '&')
            fputs("&amp;", out);
        else if (*text == '"')
            fputs("&quot;", out);
        else
            fputc(*text, out);
    }
}

static void put_button(FILE *out, const char *choice, const char *text)
{
    fprintf(out, "<button class=\"%s\" name=\"choice\" value=\"%s\">%s</button>", choice, choice,
            text);
}

static void show(struct psp_call *call, const struct psp_tongue *tongue,
                 const struct psp_payment *p)
{
    char amount[CURRENCY_TEXT_MAX];
    char *html = NULL;
    size_t len;
    FILE *out = open_memstream(&html, &len);
    if (!out) {
        psp_html(call, 500, NULL);
        return;
    }
    currency_format(currency_find(view_str(p->currency)), p->amount, amount);
    fputs(head, out);
    fputs("<p class=\"test\" role=\"note\"><strong>Test money · 테스트 결제</strong><br>"
          "Nothing is charged. 실제로 결제되지 않습니다.</p><h1>",
          out);
    put_text(out, p->name ? p->name : "");
    fprintf(out, "</h1><p class=\"sum\">%s %s</p><form method=\"post\">", amount, p->currency);
    put_button(out, "pay", "Pay · 결제하기");
    if (tongue->slow)
        put_button(out, "later", "Pay by a slow method · 나중에 입금");
    put_button(out, "decline", "Let the card be declined · 카드 거절");
    put_button(out, "cancel", "Cancel · 취소");
    fputs("</form></main></html>", out);
    if (fclose(out) != 0) {
        free(html);
        html = NULL;
    }
    psp_html(call, 200, html);
}

static void over(struct psp_call *call)
{
    psp_html(call, 410,
             strdup("<!doctype html><meta charset=\"utf-8\"><title>410</title>"
                    "<p>This payment is over. 이미 끝난 결제입니다."));
}

/* A POST to a payment that is not there yet opens it: as a machine pays. */
void psp_page(struct psp_call *call, const struct psp_tongue *tongue)
{
    struct psp_payment *p =
        tongue->open ? tongue->open(call)
                     : book_find(call->psp->book,
                                 call->segment_count == 2 ? call->segments[1] : (struct view){0});
    const char *choice = psp_value(call, call->ask->body, "choice");
    if (!p && tongue->open)
        return;
    if (!p || psp_status_of(call->psp, p) != PSP_READY)
        over(call);
    else if (!choice || !view_eq(call->ask->method, VIEW_LIT("POST")))
        show(call, tongue, p);
    else
        tongue->decided(call, p, choice);
    if (book_write(call->psp->book) != 0)
        psp_html(call, 500, NULL);
}

void psp_script(struct psp_call *call, const struct psp_tongue *tongue)
{
    const char *text = arena_printf(call->ask->arena, "const stand_in = '%s/%s';%s", call->psp->url,
                                    tongue->name, tongue->script);
    *call->page = (struct page){.status = text ? 200 : 500,
                                .type = "text/javascript; charset=utf-8",
                                .body = text ? view_str(text) : (struct view){0}};
}
