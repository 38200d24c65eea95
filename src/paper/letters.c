/* The templates. In English and in Korean the same is said. */
#include "paper/letter.h"

static const struct letter_template letters[] = {
    {
        .name = "tickets",
        .subject = {"Your tickets: {event} ({number})", "티켓이 도착했습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "Order {number}\nTotal {total}\n\n"
                "Your tickets are attached as a PDF file, one page each. Show a page at the door, "
                "printed or on a screen. Each code lets one person in, once.\n\n"
                "If you have to write to us, tell us the order number {number}.",
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "주문번호 {number}\n합계 {total}\n\n"
                "티켓은 PDF 파일로 첨부되어 있으며 한 장에 한 쪽입니다. 인쇄하거나 화면으로 "
                "입구에서 보여 주세요. 코드 하나로 한 사람이 한 번 입장할 수 있습니다.\n\n"
                "문의하실 때는 주문번호 {number}를 알려 주세요.",
            },
    },
    {
        .name = "seats",
        .subject = {"Your places have changed: {event} ({number})",
                    "좌석이 변경되었습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "Your organiser has moved you to other places: those above are yours from now on. "
                "You pay nothing for it.\n\n"
                "Your new tickets are attached as a PDF file, one page each. Earlier ones of "
                "places "
                "that are not above let nobody in any more.\n\n"
                "Order {number}",
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "주최 측에서 좌석을 변경했습니다. 이제 위의 좌석을 이용하시면 되며, 추가로 내실 "
                "금액은 없습니다.\n\n"
                "새 티켓은 PDF 파일로 첨부되어 있으며 한 장에 한 쪽입니다. 위에 없는 좌석의 예전 "
                "티켓으로는 입장할 수 없습니다.\n\n"
                "주문번호 {number}",
            },
    },
    {
        .name = "passed",
        .subject = {"{name} has a ticket for you: {event}",
                    "{name}님이 티켓을 보냈습니다: {event}"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "{name} has passed this ticket on to you. It is attached as a PDF file: show it at "
                "the door, printed or on a screen. The code lets one person in, once.\n\n"
                "{name} can take the ticket back until it is used; then this code ends.\n\n"
                "Order {number}",
                "# {event}\n\n"
                "{start}\n{hall}{entrance}\n\n"
                "{places}\n\n"
                "{name}님이 이 티켓을 양도했습니다. 첨부된 PDF를 인쇄하거나 화면으로 입구에서 보여 "
                "주세요. 코드 하나로 한 사람이 한 번 입장할 수 있습니다.\n\n"
                "사용하기 전까지는 {name}님이 티켓을 다시 가져갈 수 있으며, 그때는 이 코드를 쓸 수 "
                "없습니다.\n\n"
                "예매 번호 {number}",
            },
    },
    {
        .name = "verify",
        .subject = {"{code} is your code", "인증 코드는 {code}입니다"},
        .text =
            {
                "# Hello {name}\n\n"
                "Type this code where you are registering:\n\n"
                "> {code}\n\n"
                "It holds for 10 minutes. If you are not registering, do nothing: without the code "
                "there is no account.",
                "# {name}님, 안녕하세요\n\n"
                "가입 화면에 아래 코드를 입력해 주세요.\n\n"
                "> {code}\n\n"
                "코드는 10분 동안 유효합니다. 가입을 신청하지 않으셨다면 아무것도 하지 않으셔도 "
                "됩니다. 코드 없이는 계정이 만들어지지 않습니다.",
            },
        .secret = true,
    },
    {
        .name = "known",
        .subject = {"You have an account already", "이미 계정이 있습니다"},
        .text =
            {
                "# Hello {name}\n\n"
                "Somebody has just registered with this address. It has an account already, and "
                "nothing about it has changed.\n\n"
                "If it was you, sign in. If you have forgotten your password, ask for a code there "
                "that sets a new one.",
                "# {name}님, 안녕하세요\n\n"
                "방금 이 주소로 가입 신청이 있었습니다. 이 주소에는 이미 계정이 있으며, 바뀐 것은 "
                "없습니다.\n\n"
                "본인이 신청하셨다면 로그인해 주세요. 비밀번호를 잊으셨다면 로그인 화면에서 새 "
                "비밀번호를 위한 코드를 받을 수 있습니다.",
            },
    },
    {
        .name = "connect",
        .subject = {"{code} connects a sign-in to your account", "계정 연결 코드는 {code}입니다"},
        .text =
            {
                "# Hello {name}\n\n"
                "Somebody has just signed in with another service and given this address, which "
                "has "
                "an account here. If it was you, type this code there:\n\n"
                "> {code}\n\n"
                "From then on that service signs in to your account. The code holds for 10 "
                "minutes. "
                "If it was not you, do nothing: nothing changes. Tell the code to nobody; we never "
                "ask for it.",
                "# {name}님, 안녕하세요\n\n"
                "방금 다른 서비스 계정으로 로그인하면서 이 주소를 입력한 분이 있습니다. 이 "
                "주소에는 "
                "이미 계정이 있습니다. 본인이라면 그 화면에 아래 코드를 입력해 주세요.\n\n"
                "> {code}\n\n"
                "그때부터 그 서비스로 회원님의 계정에 로그인할 수 있습니다. 코드는 10분 동안 "
                "유효합니다. 본인이 아니라면 아무것도 하지 않으셔도 되며, 바뀌는 것은 없습니다. "
                "코드를 누구에게도 알려 주지 마세요. 저희는 코드를 묻지 않습니다.",
            },
        .secret = true,
    },
    {
        .name = "reset",
        .subject = {"{code} sets a new password", "새 비밀번호를 위한 코드는 {code}입니다"},
        .text =
            {
                "# A new password\n\n"
                "Type this code where you have asked for a new password:\n\n"
                "> {code}\n\n"
                "It holds for 10 minutes. If you have not asked for it, do nothing: your password "
                "stays as it is. Tell the code to nobody; we never ask for it.",
                "# 새 비밀번호\n\n"
                "비밀번호 재설정 화면에 아래 코드를 입력해 주세요.\n\n"
                "> {code}\n\n"
                "코드는 10분 동안 유효합니다. 요청하지 않으셨다면 아무것도 하지 않으셔도 됩니다. "
                "비밀번호는 그대로입니다. 코드를 누구에게도 알려 주지 마세요. 저희는 코드를 묻지 "
                "않습니다.",
            },
        .secret = true,
    },
    {
        .name = "changed",
        .subject = {"Your account was changed", "계정 정보가 변경되었습니다"},
        .text =
            {
                "# Your account\n\n"
                "{what}\n\n"
                "Network address: {address}\n\n"
                "If it was you, there is nothing to do. If it was not, set a new password at once: "
                "at the sign-in, by a code. That ends all sessions.",
                "# 계정 정보 변경\n\n"
                "{what}\n\n"
                "접속 주소: {address}\n\n"
                "본인이 변경하셨다면 아무것도 하지 않으셔도 됩니다. 본인이 아니라면 로그인 "
                "화면에서 "
                "인증 코드로 비밀번호를 바로 재설정해 주세요. 모든 기기에서 로그아웃됩니다.",
            },
    },
    {
        .name = "webhook",
        .subject = {"Webhook {webhook} was given up", "웹훅 {webhook}의 전송을 중단했습니다"},
        .text =
            {
                "# Webhook {webhook}\n\n"
                "The receiver of this webhook has taken nothing for too long, or has said that it "
                "wants no more. Nothing is sent to it any more.\n\n"
                "What happens meanwhile is kept for 30 days. Once the receiver works again, let "
                "it go on: on the organiser's page under Webhooks, or by "
                "usher webhook replay {webhook}.",
                "# 웹훅 {webhook}\n\n"
                "이 웹훅의 수신 서버가 오랫동안 응답하지 않았거나 더 이상 받지 않겠다고 "
                "답했습니다. 이제 이 주소로는 아무것도 보내지 않습니다.\n\n"
                "그동안의 이벤트는 30일 동안 보관됩니다. 수신 서버가 다시 동작하면 주최자 "
                "페이지의 ‘웹훅’에서 이어서 보낼 수 있습니다. 명령으로는 "
                "usher webhook replay {webhook}를 쓰면 됩니다.",
            },
    },
    {
        .name = "ordercode",
        .subject = {"{code} opens your order {number}", "주문 {number}의 인증 코드는 {code}입니다"},
        .text =
            {
                "# Your order {number}\n\n"
                "Type this code where you have asked for your order:\n\n"
                "> {code}\n\n"
                "It holds for 10 minutes. If you have not asked for it, do nothing: nobody sees "
                "your order without the code.",
                "# 주문 {number}\n\n"
                "주문 찾기 화면에 아래 코드를 입력해 주세요.\n\n"
                "> {code}\n\n"
                "코드는 10분 동안 유효합니다. 요청하지 않으셨다면 아무것도 하지 않으셔도 됩니다. "
                "코드 없이는 아무도 주문을 볼 수 없습니다.",
            },
        .secret = true,
    },
    {
        .name = "remindcode",
        .subject = {"{code} is your code for a reminder", "알림 신청 인증 코드는 {code}입니다"},
        .text =
            {
                "# Your reminder\n\n"
                "Type this code where you have asked to be told when tickets go on sale:\n\n"
                "> {code}\n\n"
                "It holds for 10 minutes. If you have not asked for it, do nothing: without the "
                "code nothing is sent to you.",
                "# 예매 시작 알림\n\n"
                "예매 시작 알림을 신청한 화면에 아래 코드를 입력해 주세요.\n\n"
                "> {code}\n\n"
                "코드는 10분 동안 유효합니다. 신청하지 않으셨다면 아무것도 하지 않으셔도 됩니다. "
                "코드 없이는 알림이 발송되지 않습니다.",
            },
        .secret = true,
    },
    {
        .name = "offer",
        .subject = {"Yours until {until}: {event}", "{until}까지 구매하실 수 있습니다: {event}"},
        .text =
            {
                "# {event}\n\n"
                "{start}\n\n"
                "Places that you wait for have come back ({count}). They are held for you alone "
                "until\n\n"
                "> {until}\n\n"
                "@ {link}\n\n"
                "Open the page where you are signed in, or with the browser in which you joined "
                "the list, and buy them there. If you do not want them, let them go: the next who "
                "waits is glad. After that time they go to the next by themselves.",
                "# {event}\n\n"
                "{start}\n\n"
                "예매 대기하신 좌석 {count}석이 나왔습니다. 아래 시각까지 다른 사람은 살 수 "
                "없습니다.\n\n"
                "> {until}\n\n"
                "@ {link}\n\n"
                "로그인한 화면이나 예매 대기를 신청하신 브라우저에서 링크를 열어 구매해 주세요. "
                "필요하지 않으시면 반환해 주세요. "
                "다음 분께 바로 넘어갑니다. 시간이 지나면 저절로 다음 분께 넘어갑니다.",
            },
    },
    {
        .name = "opening",
        .subject = {"Tickets go on sale soon: {event}", "곧 예매가 시작됩니다: {event}"},
        .text =
            {
                "# {event}\n\n"
                "Tickets go on sale:\n{opens}\n{zone}\n\n"
                "@ {link}\n\n"
                "Be there some minutes early: the page counts down and opens by itself.\n\n"
                "You have asked for this mail. It is the only one.",
                "# {event}\n\n"
                "예매 시작:\n{opens}\n{zone}\n\n"
                "@ {link}\n\n"
                "몇 분 먼저 접속해 주세요. 화면에 남은 시간이 표시되며 예매는 자동으로 "
                "시작됩니다.\n\n"
                "알림을 신청하신 분께 한 번만 보내 드리는 메일입니다.",
            },
    },
    {
        .name = "opened",
        .subject = {"Tickets are on sale: {event}", "예매가 시작되었습니다: {event}"},
        .text =
            {
                "# {event}\n\n"
                "Tickets are on sale now.\n\n"
                "@ {link}\n\n"
                "You have asked for this mail. It is the only one.",
                "# {event}\n\n"
                "지금 예매하실 수 있습니다.\n\n"
                "@ {link}\n\n"
                "알림을 신청하신 분께 한 번만 보내 드리는 메일입니다.",
            },
    },
    {
        .name = "ordersignin",
        .subject = {"Your order {number} is in your account",
                    "주문 {number}은(는) 계정에서 볼 수 있습니다"},
        .text =
            {
                "# Your order {number}\n\n"
                "Somebody has asked for this order. It belongs to an account, so please sign in to "
                "see it. If it was not you, do nothing.",
                "# 주문 {number}\n\n"
                "누군가 이 주문을 찾았습니다. 계정으로 예매하신 주문이니 로그인해서 확인해 주세요. "
                "본인이 아니라면 아무것도 하지 않으셔도 됩니다.",
            },
    },
    {
        .name = "deposit",
        .subject = {"Pay {amount} until {due}: {event} ({number})",
                    "{due}까지 {amount}을 입금해 주세요: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "Your places are held until {due}. Pay exactly {amount} to this account:\n\n"
                "> Bank {bank}, account {account}\n\n"
                "Order {number}\n\n"
                "When the money is there, your tickets come by mail. What is not paid in time is "
                "for sale again, and nothing is charged. Money that comes too late goes back to "
                "the account that you have named.",
                "# {event}\n\n"
                "좌석을 {due}까지 잡아 두었습니다. 아래 가상계좌로 정확히 {amount}을 입금해 주세요."
                "\n\n"
                "> 은행 {bank}, 계좌번호 {account}\n\n"
                "주문번호 {number}\n\n"
                "입금이 확인되면 티켓을 메일로 보내 드립니다. 기한까지 입금하지 않으시면 예매가 "
                "자동으로 취소되며 청구되는 금액은 없습니다. 늦게 입금하신 금액은 알려 주신 환불 "
                "계좌로 돌려드립니다.",
            },
    },
    {
        .name = "reserved",
        .subject = {"Held until {due}: {event} ({number})",
                    "{due}까지 좌석을 잡아 두었습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "Your places are held until {due}. Pay {amount} at the box office by then and "
                "tell the number:\n\n"
                "> {number}\n\n"
                "You have no tickets yet. What is not paid in time is for sale again.",
                "# {event}\n\n"
                "좌석을 {due}까지 잡아 두었습니다. 그때까지 매표소에서 아래 번호를 말씀하시고 "
                "{amount}을 결제해 주세요.\n\n"
                "> {number}\n\n"
                "아직 티켓이 발권된 것은 아닙니다. 기한까지 결제하지 않으시면 좌석은 다시 "
                "판매됩니다.",
            },
    },
    {
        .name = "not-deposit",
        .subject = {"Please do not pay: {event} ({number})", "입금하지 마세요: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{why}\n\n"
                "Your places are not held any more, and nothing was charged. Please do not pay to "
                "the account that we sent you: it is closed. Money that comes all the same goes "
                "back to the account that you have named.\n\n"
                "Order {number}",
                "# {event}\n\n"
                "{why}\n\n"
                "잡아 두었던 좌석은 취소되었으며 청구되는 금액은 없습니다. 안내해 드린 가상계좌는 "
                "닫혔으니 입금하지 말아 주세요. 그래도 입금하신 금액은 알려 주신 환불 계좌로 "
                "돌려드립니다.\n\n"
                "주문번호 {number}",
            },
    },
    {
        .name = "not-reserved",
        .subject = {"Not held any more: {event} ({number})",
                    "좌석 예약이 취소되었습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{why}\n\n"
                "Your places are not held any more, and you have nothing to pay at the box "
                "office.\n\n"
                "Order {number}",
                "# {event}\n\n"
                "{why}\n\n"
                "잡아 두었던 좌석은 취소되었으며 매표소에서 결제하실 금액은 없습니다.\n\n"
                "주문번호 {number}",
            },
    },
    {
        .name = "refunded",
        .subject = {"{amount} go back to you: {event} ({number})",
                    "{amount}이 환불됩니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{why}\n\n"
                "Order {number}\nGoes back: {amount}\nKept by the refund rules: {kept}\n\n"
                "The money goes back the way it came; the bank shows it after some days. The codes "
                "of tickets that were given back do not open the door any more.",
                "# {event}\n\n"
                "{why}\n\n"
                "주문번호 {number}\n환불 금액 {amount}\n취소 수수료 {kept}\n\n"
                "결제하신 수단으로 환불되며, 카드사에 따라 며칠이 걸릴 수 있습니다. 취소된 티켓의 "
                "코드로는 입장할 수 없습니다.",
            },
    },
    {
        .name = "handed",
        .subject = {"{amount} handed back: {event} ({number})",
                    "{amount}을 돌려드렸습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "{why}\n\n"
                "Order {number}\nHanded back: {amount}\nKept by the refund rules: {kept}\n\n"
                "The box office has given it back the way you paid. The codes of tickets that were "
                "given back do not open the door any more.",
                "# {event}\n\n"
                "{why}\n\n"
                "주문번호 {number}\n환불 금액 {amount}\n취소 수수료 {kept}\n\n"
                "매표소에서 결제하신 수단으로 돌려드렸습니다. 취소된 티켓의 코드로는 입장할 수 "
                "없습니다.",
            },
    },
    {
        .name = "moved",
        .subject = {"Another date: {event} ({number})",
                    "공연 일시가 변경되었습니다: {event} ({number})"},
        .text =
            {
                "# {event}\n\n"
                "The date has changed.\n\n"
                "Now: {start}\nBefore: {was}\n{hall}\n\n"
                "{places}\n\n"
                "Your tickets hold for the new date; they are attached once more, and their codes "
                "are the same. If you have passed a ticket on, please tell your friend.\n\n"
                "Order {number}",
                "# {event}\n\n"
                "공연 일시가 변경되었습니다.\n\n"
                "변경 후: {start}\n변경 전: {was}\n{hall}\n\n"
                "{places}\n\n"
                "예매하신 티켓은 변경된 일시에 그대로 사용하실 수 있습니다. 티켓을 다시 첨부해 "
                "드리며 코드는 같습니다. 티켓을 양도하셨다면 받은 분께도 꼭 알려 주세요.\n\n"
                "주문번호 {number}",
            },
    },
    {
        .name = "message",
        .subject = {"{event}: {subject}", "{event}: {subject}"},
        .text =
            {
                "# {subject}\n\n"
                "{text}\n\n"
                "{event}\n{start}\n\n"
                "The organiser wrote this to everybody whom it concerns of those who have tickets.",
                "# {subject}\n\n"
                "{text}\n\n"
                "{event}\n{start}\n\n"
                "공연 주최자가 해당 공연을 예매하신 분들께 보내는 안내입니다.",
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
                "{money}",
                "# {event}\n\n"
                "{start}\n{hall}\n\n"
                "주문 {number}이(가) 취소되었습니다. 티켓은 무효이며 그 코드로는 입장할 수 "
                "없습니다.\n\n"
                "{money}",
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
