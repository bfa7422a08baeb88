// The rule engine: what a home's next log entry means. A pure function of its arguments.
//
// Event time rules. A deadline passes when every event before it has been judged and the sources'
// own watermarks have reached it; only a trigger that was seen (a door, an impact) is also judged
// by the service's ticks, after a grace, so that losing contact never silences it. Discrete events
// of different devices wait up to 2 s of event time to be put in order; urgent ones and
// acceleration do not wait. Whatever is odd is passed over: nothing that a hub sends can make this
// fail.

#ifndef SERVICES_DETECTOR_CORE_ADVANCE_H_
#define SERVICES_DETECTOR_CORE_ADVANCE_H_

#include "absl/time/time.h"

#include "veille/event/v1/event.pb.h"
#include "veille/store/v1/log.pb.h"

#include "services/detector/core/findings.h"
#include "services/detector/core/home_plan.h"
#include "services/detector/core/home_state.h"

namespace veille::detector {

// `batch` is the parsed envelope.batch(), null for other kinds. A tick concerns every home: one
// whose NextServerDeadline() is later than the tick need not be advanced with it, unless it is
// `resumed`.
void Advance(const HomePlan& plan, HomeState& state, const store::v1::Envelope& envelope,
             const event::v1::EventBatch* batch, Effects& effects);

// The earliest tick that could change something; InfiniteFuture when none could.
absl::Time NextServerDeadline(const HomePlan& plan, const HomeState& state);

}  // namespace veille::detector

#endif  // SERVICES_DETECTOR_CORE_ADVANCE_H_
