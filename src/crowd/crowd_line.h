/*
 * crowd_line: what a crowd that went through a line has seen of it. For the crowd's own files.
 */
#ifndef USHER_CROWD_CROWD_LINE_H
#define USHER_CROWD_CROWD_LINE_H

#include "crowd/crowd.h"

/* Fills crowd->line from what came of its people. ERR_NO_MEMORY. */
int crowd_line_sum(struct crowd *crowd);

#endif
