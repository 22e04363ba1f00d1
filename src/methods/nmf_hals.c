/* nmf_hals.c - stub replaced below */
#include "methods/nmf.h"
mien_status mien_nmf_hals(mien_nmf *nmf){(void)nmf; return MIEN_ERR_ARG;}
