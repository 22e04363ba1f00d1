// faces.cc - the other two headers are C++ as well.
// SPDX-License-Identifier: MIT
#include <mien_report.h>
#include <mien_study.h>

extern mien_rank_options of_study;
mien_rank_options of_study = mien_rank_options_default();
extern mien_style of_report;
mien_style of_report = mien_style_default();
