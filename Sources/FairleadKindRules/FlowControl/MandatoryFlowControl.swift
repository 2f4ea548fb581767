import FairleadModel

/// The specs of the flow control objects that the API server cannot do without. They cannot be changed.
///
/// Reference: k8s.io/apiserver `pkg/apis/flowcontrol/bootstrap`.
enum MandatoryFlowControl {
    static let schemas: [String: Value] = [
        "exempt": [
            "matchingPrecedence": 1, "priorityLevelConfiguration": ["name": "exempt"],
            "rules": [rule(for: ["system:masters"])],
        ],
        "catch-all": [
            "distinguisherMethod": ["type": "ByUser"], "matchingPrecedence": 10000,
            "priorityLevelConfiguration": ["name": "catch-all"],
            "rules": [rule(for: ["system:unauthenticated", "system:authenticated"])],
        ],
    ]

    static let levels: [String: Value] = [
        "exempt": ["type": "Exempt", "exempt": ["nominalConcurrencyShares": 0, "lendablePercent": 0]],
        "catch-all": [
            "type": "Limited",
            "limited": [
                "nominalConcurrencyShares": 5, "lendablePercent": 0, "limitResponse": ["type": "Reject"],
            ],
        ],
    ]

    /// Matches all requests from these groups.
    private static func rule(for groups: [String]) -> Value {
        [
            "subjects": .array(groups.map { ["kind": "Group", "group": ["name": .string($0)]] }),
            "resourceRules": [
                [
                    "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"], "clusterScope": true,
                    "namespaces": ["*"],
                ]
            ],
            "nonResourceRules": [["verbs": ["*"], "nonResourceURLs": ["*"]]],
        ]
    }
}
