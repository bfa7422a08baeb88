// What a patient takes of the detector's memory.

#ifndef TESTS_BENCH_PIPELINE_MEMORY_H_
#define TESTS_BENCH_PIPELINE_MEMORY_H_

#include <string>

namespace veille::bench {

// Resident bytes a patient: a detector with `homes` homes whose wearables stream, less one with
// none, less what the registry and the compiled care plans take in a process of their own.
double MeasureBytesPerPatient(int homes, int connections);

// In that process: loads the homes of a folder, compiles their plans, prints the resident bytes
// that this took.
void PrintBytesOfPlans(const std::string& homes_folder);

}  // namespace veille::bench

#endif  // TESTS_BENCH_PIPELINE_MEMORY_H_
