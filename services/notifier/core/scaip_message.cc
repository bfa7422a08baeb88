#include "services/notifier/core/scaip_message.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string_view>

#include <libxml/parser.h>
#include <libxml/tree.h>

#include "services/notifier/core/notification_text.h"

namespace veille::notifier {
namespace {

// The elements' greatest lengths.
constexpr std::size_t kMaxStatusText = 32, kMaxInfoText = 128, kMaxReference = 16,
                      kMaxStatusDigits = 5;
constexpr std::size_t kMaxAnswer = 64 * 1024;
constexpr char kVersion[] = "01.00";

// Device type (dty) and status code (stc) of a rule.
struct Codes {
  std::string_view rule;
  const char* device;
  const char* status;
};
constexpr char kMonitor[] = "0049", kAutomaticAlarm[] = "0009", kTestTransmission[] = "0102";
constexpr Codes kOther = {"", kMonitor, kAutomaticAlarm};
constexpr std::array kCodes = {
    Codes{"SOS", "0003", "0010"},                      // Personal trigger, manual alarm.
    Codes{"FALL", "0005", kAutomaticAlarm},            // Fall detector.
    Codes{"DEVICE_FALL", "0005", kAutomaticAlarm},     //
    Codes{"ROOM_FALL", "0005", kAutomaticAlarm},       //
    Codes{"INACTIVITY", "0010", kAutomaticAlarm},      // Activity detector.
    Codes{"NO_MORNING", "0010", kAutomaticAlarm},      //
    Codes{"BED_EXIT_NIGHT", "0012", kAutomaticAlarm},  // Bed monitor.
    Codes{"DOOR_LEFT_OPEN", "0014", "0077"},           // Door sensor, open too long.
    Codes{"NIGHT_EXIT", "0015", kAutomaticAlarm},      // Wandering sensor.
    Codes{"NOT_RETURNED", "0015", kAutomaticAlarm},    //
    Codes{"DISORIENTATION", "0015", kAutomaticAlarm},  //
    Codes{"GEOFENCE_EXIT", "0051", kAutomaticAlarm},   // Tracking device.
    Codes{"GEOFENCE_FAR", "0051", kAutomaticAlarm},    //
    Codes{"BATHROOM_LONG", "0018", kAutomaticAlarm},   // Occupancy detector.
    Codes{"PULSE_AT_REST", "0019", kAutomaticAlarm},   // Heart rate monitor.
    Codes{"HAZARD", "0020", kAutomaticAlarm},          // Environmental monitor.
    Codes{"STOVE_UNATTENDED", "0020", kAutomaticAlarm},
    Codes{"ROOM_HOT", "0020", "0100"},        // Temperature high.
    Codes{"ROOM_COLD", "0020", "0101"},       // Temperature low.
    Codes{"HUB_OFFLINE", "0032", "0073"},     // Communication link monitor, offline.
    Codes{"TAMPER", "0038", "0125"},          // Tamper alarm.
    Codes{"POWER_CUT", "0041", "0085"},       // Power supply, power failure.
    Codes{"HUB_ON_BATTERY", "0041", "0085"},  //
    Codes{"SENSOR_SILENT", kMonitor, "0073"},
    Codes{"BATTERY_LOW", kMonitor, "0016"},
};

const Codes& CodesOf(const std::string& rule) {
  const auto* found = std::find_if(kCodes.begin(), kCodes.end(),
                                   [&](const Codes& one) { return one.rule == rule; });
  return found == kCodes.end() ? kOther : *found;
}

using Document = std::unique_ptr<xmlDoc, void (*)(xmlDocPtr)>;

const xmlChar* Xml(const char* text) { return reinterpret_cast<const xmlChar*>(text); }

void Add(xmlNodePtr parent, const char* name, const std::string& text) {
  xmlNewTextChild(parent, nullptr, Xml(name), Xml(text.c_str()));
}

// An element's text: nothing when it holds anything else.
std::string TextOf(const xmlNode* element) {
  const xmlNode* text = element->children;
  if (text == nullptr || text->next != nullptr || text->type != XML_TEXT_NODE) return "";
  return reinterpret_cast<const char*>(text->content);
}

bool IsOnlyOf(const std::string& text, std::size_t most, bool (*holds)(char)) {
  return !text.empty() && text.size() <= most && std::all_of(text.begin(), text.end(), holds);
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

absl::Status NoAnswer(const char* why) { return absl::InvalidArgumentError(why); }

}  // namespace

std::string ScaipRequest(const Telling& telling) {
  const alert::v1::Alert& alert = telling.alert;
  const Codes& codes = CodesOf(alert.rule());
  const bool real =
      alert.status() != alert::v1::STATUS_EXERCISE && alert.status() != alert::v1::STATUS_TEST;
  const bool summary = telling.reason == alert::v1::Update::REASON_SUMMARY;
  const Document document(xmlNewDoc(Xml("1.0")), &xmlFreeDoc);
  xmlNodePtr request = xmlNewNode(nullptr, Xml("mrq"));
  xmlDocSetRootElement(document.get(), request);
  Add(request, "ref", telling.key);
  Add(request, "ver", kVersion);
  Add(request, "mty", summary ? "IN" : "ME");
  Add(request, "cid", telling.channel.scaip().controller_id());
  Add(request, "dty", codes.device);
  Add(request, "dte", "Veille");
  Add(request, "stc", real ? codes.status : kTestTransmission);
  Add(request, "stt", Shortened(alert.rule(), kMaxStatusText));
  Add(request, "ite", Shortened(Describe(telling).line, kMaxInfoText));
  xmlChar* text = nullptr;
  int size = 0;
  xmlDocDumpMemoryEnc(document.get(), &text, &size, "UTF-8");
  const std::unique_ptr<xmlChar, void (*)(void*)> owner(text, xmlFree);
  return {reinterpret_cast<const char*>(text), static_cast<std::size_t>(size)};
}

absl::StatusOr<ScaipAnswer> ReadScaipAnswer(const std::string& xml) {
  if (xml.empty() || xml.size() > kMaxAnswer) return NoAnswer("no answer");
  const Document document(
      xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "answer", nullptr,
                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA),
      &xmlFreeDoc);
  if (document == nullptr) return NoAnswer("no XML");
  // Entities have no place in an answer, and much room for mischief.
  if (document->intSubset != nullptr) return NoAnswer("XML with a document type");
  const xmlNode* root = xmlDocGetRootElement(document.get());
  if (root == nullptr || !xmlStrEqual(root->name, Xml("mrs"))) return NoAnswer("no <mrs>");
  std::string reference, status;
  for (const xmlNode* child = root->children; child != nullptr; child = child->next) {
    if (child->type != XML_ELEMENT_NODE) continue;
    std::string* field = xmlStrEqual(child->name, Xml("ref"))   ? &reference
                         : xmlStrEqual(child->name, Xml("snu")) ? &status
                                                                : nullptr;
    if (field == nullptr) continue;
    if (!field->empty()) return NoAnswer("an element that stands there twice");
    *field = TextOf(child);
  }
  if (!IsOnlyOf(reference, kMaxReference, &IsAlphanumeric)) return NoAnswer("no usable <ref>");
  if (!IsOnlyOf(status, kMaxStatusDigits, &IsDigit)) return NoAnswer("no usable <snu>");
  return ScaipAnswer{reference, std::stoi(status)};
}

ScaipVerdict JudgeScaip(int status) {
  if (status == 0) return ScaipVerdict::kTaken;
  return status >= 4 && status <= 6 ? ScaipVerdict::kLater : ScaipVerdict::kRefused;
}

}  // namespace veille::notifier
