// What both generations of PNA share: types, match kinds and the extern objects.

// Widths are those of PNA's reference target; a NIC may use fewer bits.
typedef bit<32> PortIdUint_t;
typedef bit<32> InterfaceIdUint_t;
typedef bit<32> MulticastGroupUint_t;
typedef bit<16> MirrorSessionIdUint_t;
typedef bit<8>  MirrorSlotIdUint_t;
typedef bit<8>  ClassOfServiceUint_t;
typedef bit<16> PacketLengthUint_t;
typedef bit<16> MulticastInstanceUint_t;
typedef bit<64> TimestampUint_t;
typedef bit<32> FlowIdUint_t;
typedef bit<8>  ExpireTimeProfileIdUint_t;
typedef bit<3>  PassNumberUint_t;
typedef bit<32> SecurityAssocIdUint_t;

type PortIdUint_t              PortId_t;
type InterfaceIdUint_t         InterfaceId_t;
type MulticastGroupUint_t      MulticastGroup_t;
type MirrorSessionIdUint_t     MirrorSessionId_t;
type MirrorSlotIdUint_t        MirrorSlotId_t;
type ClassOfServiceUint_t      ClassOfService_t;
type PacketLengthUint_t        PacketLength_t;
type MulticastInstanceUint_t   MulticastInstance_t;
type TimestampUint_t           Timestamp_t;
type FlowIdUint_t              FlowId_t;
type ExpireTimeProfileIdUint_t ExpireTimeProfileId_t;
type PassNumberUint_t          PassNumber_t;
type SecurityAssocIdUint_t     SecurityAssocId_t;

typedef error ParserError_t;

const InterfaceId_t PNA_PORT_CPU = (InterfaceId_t) 0xFFFFFFFD;
const MirrorSessionId_t PNA_MIRROR_SESSION_TO_CPU = (MirrorSessionId_t) 0;

match_kind {
    range,
    selector,
    optional
}

enum PNA_HashAlgorithm_t {
    IDENTITY,
    CRC32,
    CRC32_CUSTOM,
    CRC16,
    CRC16_CUSTOM,
    ONES_COMPLEMENT16,
    TARGET_DEFAULT,
    TOEPLITZ
}

enum PNA_CounterType_t { PACKETS, BYTES, PACKETS_AND_BYTES }
enum PNA_MeterType_t { PACKETS, BYTES }
enum PNA_MeterColor_t { RED, GREEN, YELLOW }

extern Hash<O> {
    Hash(PNA_HashAlgorithm_t algo);
    O get_hash<D>(in D data);
    // base + hash mod max
    O get_hash<T, D>(in T base, in D data, in T max);
}

extern Checksum<W> {
    Checksum(PNA_HashAlgorithm_t hash);
    void clear();
    void update<T>(in T data);
    W get();
}

// The ones' complement sum of RFC 1071, with subtraction (RFC 1624). get() complements it, get_state() doesn't.
extern InternetChecksum {
    InternetChecksum();
    void clear();
    void add<T>(in T data);
    void subtract<T>(in T data);
    bit<16> get();
    bit<16> get_state();
    void set_state(in bit<16> checksum_state);
}

extern Counter<W, S> {
    Counter(bit<32> n_counters, PNA_CounterType_t type);
    void count(in S index);
    // As DPDK's flavour of PNA has it: the bytes to count are told.
    void count(in S index, in bit<32> pkt_len);
}

extern DirectCounter<W> {
    DirectCounter(PNA_CounterType_t type);
    void count();
}

extern Meter<S> {
    Meter(bit<32> n_meters, PNA_MeterType_t type);
    PNA_MeterColor_t execute(in S index, in PNA_MeterColor_t color);
    PNA_MeterColor_t execute(in S index);
    PNA_MeterColor_t dpdk_execute(in S index, in PNA_MeterColor_t color, in bit<32> pkt_len);
    PNA_MeterColor_t dpdk_execute(in S index, in bit<32> pkt_len);
}

extern DirectMeter {
    DirectMeter(PNA_MeterType_t type);
    PNA_MeterColor_t execute(in PNA_MeterColor_t color);
    PNA_MeterColor_t execute();
    PNA_MeterColor_t dpdk_execute(in PNA_MeterColor_t color, in bit<32> pkt_len);
    PNA_MeterColor_t dpdk_execute(in bit<32> pkt_len);
}

extern Register<T, S> {
    Register(bit<32> size);
    Register(bit<32> size, T initial_value);
    T read(in S index);
    void write(in S index, in T value);
}

extern Random<T> {
    // Both ends belong to the range.
    Random(T min, T max);
    T read();
}

extern ActionProfile {
    ActionProfile(bit<32> size);
}

extern ActionSelector {
    ActionSelector(PNA_HashAlgorithm_t algo, bit<32> size, bit<32> outputWidth);
}

extern Digest<T> {
    Digest();
    void pack(in T data);
}

// Accelerators; what they do takes effect behind the deparser.
enum bit<8> ipsec_status { IPSEC_SUCCESS = 0, IPSEC_ERROR = 1 }

extern ipsec_accelerator {
    ipsec_accelerator();
    void set_sa_index<T>(in T sa_index);
    void set_ip_header_offset<T>(in T offset);
    void enable();
    void disable();
    bool from_ipsec(out ipsec_status status);
}

enum crypto_algorithm_e { AES_GCM }
enum bit<8> crypto_results_e { SUCCESS = 0, AUTH_FAILURE = 1, HW_ERROR = 2 }

extern crypto_accelerator {
    crypto_accelerator(crypto_algorithm_e algo);
    void set_sa_index<T>(in T sa_index);
    void set_iv<T>(in T iv);
    void set_key<T, S>(in T key, in S key_size);
    void set_auth_data_offset<T>(in T offset);
    void set_auth_data_len<T>(in T length);
    void add_auth_data<H>(in H auth_data);
    void set_icv_offset<L>(in L offset);
    void set_icv_len<L>(in L length);
    void set_payload_offset<T>(in T offset);
    void set_payload_len<T>(in T length);
    void enable_encrypt<T>(in T enable_auth);
    void enable_decrypt<T>(in T enable_auth);
    void disable();
    crypto_results_e get_results();
}

// The last of these calls in a packet's run wins.
extern void drop_packet();
extern void send_to_port(in PortId_t dest_port);
extern void mirror_packet(in MirrorSlotId_t mirror_slot_id, in MirrorSessionId_t mirror_session_id);

// Flow tables: `add_on_miss = true` lets the default action add the missed key with a hit action and its parameters.
extern FlowId_t allocate_flow_id();
extern void set_entry_expire_time(in ExpireTimeProfileId_t expire_time_profile_id);
extern void restart_expire_timer();
