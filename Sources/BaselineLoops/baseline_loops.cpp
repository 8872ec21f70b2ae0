#include "baseline_loops.h"
