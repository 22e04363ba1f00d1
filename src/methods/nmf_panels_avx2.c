#include "methods/nmf_panels.h"
const mien_panels_kernel mien_panels_avx2 = {0};
