// Where a person was last known to be: what the rules outdoors share.
//
// kWhereabouts (rules.h) keeps it and tells nobody anything. It stands above the rules outdoors in
// rule_table.cc, so they find it up to date when they are shown the same signal.
//
// Of a person's devices, one counts as being with the person: the last that counted, until another
// is clearly further from home or it is silent for long. A phone that was left at home neither
// brings the person back nor makes them jump.

#ifndef SERVICES_DETECTOR_CORE_RULES_WHEREABOUTS_H_
#define SERVICES_DETECTOR_CORE_RULES_WHEREABOUTS_H_

#include <cstdint>
#include <string_view>

#include "services/detector/core/rules/rules.h"

namespace veille::detector {

// The patient whom a signal's device belongs to.
int PatientOf(const Context& context, const Signal& seen);

// As WhereaboutsState keeps it.
uint32_t DeviceDigest(std::string_view id);

// Of a patient's signal kFix: it is newer than all before, and of the device that counts. Old and
// repeated fixes, and those of a device that was left behind, are none.
bool IsNewFix(const Context& context, int patient);

// Since when the person is out and nothing was heard: the newest fix or, where it is later, the
// exit door's last movement. 0 when the person is not known to be out: inside a zone, or seen at
// home since. The exit door counts where one person lives, whose tracker is in use.
int64_t OutSince(const HomePlan& plan, const store::v1::HomeState& record, int patient);

// The latest that shows the person at home or in a zone; 0 for nothing.
int64_t BackAt(const HomePlan& plan, const store::v1::HomeState& record, int patient);

// About what a signal shows, at its time; `rule` as in Conclusion.
Conclusion AboutOutdoors(int patient, const google::protobuf::Message& rule, const Signal& seen);

// Concludes with the reason as evidence of the signal's device.
std::string ConcludeFrom(Context& context, const Signal& seen, Conclusion conclusion);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_RULES_WHEREABOUTS_H_
