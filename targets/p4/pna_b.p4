// PNA 0.7: parser, main control, deparser; the direction follows from the port.
#include "pna_common.p4"

enum PNA_IdleTimeout_t { NO_TIMEOUT, NOTIFY_CONTROL, AUTO_DELETE }
enum PNA_PacketPath_t { FROM_NET_PORT, FROM_NET_RECIRCULATED, FROM_HOST, FROM_HOST_RECIRCULATED }
enum PNA_MirrorType_t { PRE_MODIFY, POST_MODIFY }

typedef bit<8> AddEntryErrorStatus_t;

const AddEntryErrorStatus_t ADD_ENTRY_SUCCESS = 0;
const AddEntryErrorStatus_t ADD_ENTRY_NOT_DONE = 1;

struct pna_main_parser_input_metadata_t {
    bool     recirculated;
    PortId_t input_port;
}

struct pna_main_input_metadata_t {
    bool             recirculated;
    Timestamp_t      timestamp;
    ParserError_t    parser_error;
    ClassOfService_t class_of_service;
    PortId_t         input_port;
}

struct pna_main_output_metadata_t {
    ClassOfService_t class_of_service;
}

extern bool is_net_port(in PortId_t p);
extern bool is_host_port(in PortId_t p);

extern AddEntryErrorStatus_t add_entry<T>(
    string action_name, in T action_params, in ExpireTimeProfileId_t expire_time_profile_id);
extern AddEntryErrorStatus_t add_entry_if<T>(
    in bool expr, string action_name, in T action_params, in ExpireTimeProfileId_t expire_time_profile_id);
extern void set_entry_expire_time_if(in bool expr, in ExpireTimeProfileId_t expire_time_profile_id);
// `aging` restarts the timer, `change` gives the entry another profile.
extern void update_expire_info(
    in bool aging, in bool change, in ExpireTimeProfileId_t expire_time_profile_id);
extern void recirculate();

// The first value for packets from the network, the second for packets from the host.
extern T SelectByDirection<T>(in bool is_network_port, in T from_net_value, in T from_host_value);

parser MainParserT<MH, MM>(
    packet_in pkt,
    out MH main_hdr,
    inout MM main_user_meta,
    in pna_main_parser_input_metadata_t istd);

control MainControlT<MH, MM>(
    inout MH main_hdr,
    inout MM main_user_meta,
    in pna_main_input_metadata_t istd,
    inout pna_main_output_metadata_t ostd);

control MainDeparserT<MH, MM>(
    packet_out pkt,
    inout MH main_hdr,
    in MM main_user_meta,
    in pna_main_output_metadata_t ostd);

package PNA_NIC<MH, MM>(
    MainParserT<MH, MM> main_parser,
    MainControlT<MH, MM> main_control,
    MainDeparserT<MH, MM> main_deparser);
