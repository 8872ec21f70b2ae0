#include "chdf5_shim.h"
