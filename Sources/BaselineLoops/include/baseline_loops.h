#ifndef BASELINE_LOOPS_H
#define BASELINE_LOOPS_H
#endif
