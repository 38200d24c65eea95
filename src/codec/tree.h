/*
 * tree: JSON of others, which no contract of ours describes, as jansson's tree.
 *
 * jansson goes down as deep as a text is nested, on the caller's stack; a fiber's has 64 KiB, and
 * whoever writes "[[[[…" would end the process. So nothing else in this tree calls json_loadb.
 */
#ifndef USHER_CODEC_TREE_H
#define USHER_CODEC_TREE_H

#include <jansson.h>

#include "mem/view.h"

#define TREE_DEPTH_MAX 32 /* brackets open at once */

/* Whether so few brackets are open at once; quotes and backslashes are all it takes to know what is
 * a bracket. */
bool tree_is_shallow(struct view text);

/* The tree, for json_decref, which is harmless on NULL. NULL: the text is no JSON, or nested deeper
 * than TREE_DEPTH_MAX, or there is no memory. Flags are jansson's; ret_error may be NULL, and is
 * filled in with a NULL. */
json_t *tree_read(struct view text, size_t flags, json_error_t *ret_error);

#endif
