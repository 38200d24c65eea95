/*
 * text: what is asked of every text that comes from outside, wherever it stands in a message.
 *
 * Text is kept composed (Unicode's NFC), so that what looks the same is the same. What steers a
 * terminal or a page instead of being shown is refused: control characters but tab and line ends,
 * and what turns the direction of writing.
 */
#ifndef USHER_CODEC_TEXT_H
#define USHER_CODEC_TEXT_H

#include "codec/json.h"

/* Normalizes all strings of the message (NFC), all the way down; new ones live in the arena.
 * ERR_INVALID, with *ret_error filled: a string has a character that is refused. ERR_FULL. */
int text_normalize(ProtobufCMessage *message, struct arena *arena, struct json_error *ret_error);

#endif
