//! What the demo's staff wrote.

/// Why points were adjusted: the kind and the sentence.
pub(super) const ADJUSTMENTS: &[(&str, &str)] = &[
    ("late_delivery", "배송이 사흘 늦어 보상합니다"),
    ("late_delivery", "새벽 배송 지연 보상"),
    ("faulty_item", "불량 상품 보상, 사진 확인함"),
    ("faulty_item", "포장 파손 보상"),
    ("missed_promotion", "가입 이벤트 포인트 누락분"),
    ("missed_promotion", "리뷰 이벤트 포인트 누락분"),
    ("goodwill", "상담이 길어져 사과의 뜻으로 드립니다"),
    ("correction", "중복 지급분 회수"),
];

pub(super) const NOTES: &[&str] = &[
    "배송 전에 꼭 전화해 달라고 하심. 부재 시 경비실.",
    "영수증은 이메일로만 받기를 원하심.",
    "교환 문의 두 번. 다음 문의는 팀장에게 연결.",
    "주소 이전 예정. 다음 주문 때 주소를 다시 확인.",
];

pub(super) const APPROVALS: &[&str] = &[
    "상담 기록과 금액을 확인했습니다",
    "사진과 주문 내역이 맞습니다",
    "팀장 확인 완료",
    "정책 범위 안이라 승인합니다",
];

pub(super) const REJECTIONS: &[&str] =
    &["같은 건으로 이미 지급되었습니다", "금액 근거가 없습니다. 상담 기록을 붙여 주세요", "주문 금액보다 많습니다"];

/// Why money was given back: the kind and the sentence.
pub(super) const REFUNDS: &[(&str, &str)] = &[
    ("damaged", "상품 파손, 사진 확인함"),
    ("wrong_item", "다른 색상이 배송됨"),
    ("returned", "반품 입고 확인"),
    ("missing_item", "한 개가 빠져서 도착함"),
];

/// Why orders were cancelled: the kind and the sentence.
pub(super) const CANCELLATIONS: &[(&str, &str)] = &[
    ("customer_request", "고객이 전화로 취소 요청"),
    ("out_of_stock", "재고가 없어 고객 동의 후 취소"),
    ("duplicate", "같은 주문이 두 번 들어옴"),
];

/// What the person on call wrote about runs that failed.
pub(super) const RUNS: &[&str] = &[
    "데이터베이스 점검 시간과 겹침. 다음 실행이 모두 처리함",
    "로그 확인함. 누락된 건 없음",
    "일시적인 연결 오류. 다음 실행 정상 확인",
];
