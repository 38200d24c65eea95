/* The templates. In English and in Korean the same is said. */
#include "paper/letter.h"

static const struct letter_template letters[] = {
    {
        .name = "tickets",
        .subject = {"Your tickets: {event} ({number})", "티켓이 도착했습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n{hall}\n\n"
                "{places}\n\n"
                "Order {number}\nTotal {total}\n\n"
                "Your tickets are attached as a PDF file, one page each. Show a page at the door, "
                "printed or on a screen. Each code lets one person in, once.\n\n"
                "If you have to write to us, tell us the order number {number}.",
                "# {event}\n\n"
                "{start}\n{hall}\n\n"
                "{places}\n\n"
                "주문번호 {number}\n합계 {total}\n\n"
                "티켓은 PDF 파일로 첨부되어 있으며 한 장에 한 쪽입니다. 인쇄하거나 화면으로 "
                "입구에서 보여 주세요. 코드 하나로 한 사람이 한 번 입장할 수 있습니다.\n\n"
                "문의하실 때는 주문번호 {number}를 알려 주세요.",
            },
    },
    {
        .name = "cancelled",
        .subject = {"Cancelled: {event} ({number})", "예매가 취소되었습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n{hall}\n\n"
                "Your order {number} is cancelled. Its tickets are void: their codes do not open "
                "the door any more.\n\n"
                "What you paid by card goes back to the card; the bank shows it after some days.",
                "# {event}\n\n"
                "{start}\n{hall}\n\n"
                "주문 {number}이(가) 취소되었습니다. 티켓은 무효이며 그 코드로는 입장할 수 "
                "없습니다.\n\n"
                "카드로 결제하신 금액은 카드로 환불되며, 카드사에 따라 며칠이 걸릴 수 있습니다.",
            },
    },
};

const struct letter_template *letter_at(size_t i)
{
    return i < sizeof(letters) / sizeof(letters[0]) ? &letters[i] : NULL;
}

const struct letter_template *letter_find(struct view name)
{
    const struct letter_template *letter;
    for (size_t i = 0; (letter = letter_at(i)); i++) {
        if (view_eq(view_str(letter->name), name))
            return letter;
    }
    return NULL;
}
