package import FairleadModel
package import FairleadStorage

/// What is specific to a kind: the defaults, rules and side effects that its schema cannot express.
///
/// A verb calls these in the order of Kubernetes' generic registry: `setDefaults` → `admit` → `prepareFor…` →
/// `allocate` → metadata validation → `validate…` → `canonicalize` → `validateAdmission` → commit. Every requirement
/// has a default implementation that does nothing, so a plain kind needs no strategy at all.
///
/// Reference: k8s.io/apiserver `registry/rest` (RESTCreateStrategy, RESTUpdateStrategy, RESTDeleteStrategy).
package protocol ResourceStrategy: Sendable {
    /// Fills in missing fields (the kind's SetDefaults_*). Runs on every create, update and patch result, after the
    /// schema's own defaults.
    func setDefaults(_ object: inout Value)
    /// The same for a write of the status: the spec is as it is stored, with its defaults.
    func setStatusDefaults(_ object: inout Value)

    /// Why Kubernetes' internal form of the kind cannot hold the object; nil if it can. Its decoder reports it.
    func conversionFault(of object: Value) -> String?

    /// Changes or refuses an incoming object (admission plugins that concern only this kind).
    func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus)

    /// Resets what a create may not set (the status, for most kinds).
    func prepareForCreate(_ object: inout Value, _ context: StrategyContext)
    /// Resets what an update of the main resource may not set; does not raise the generation, which is up to the verb.
    func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext)
    /// Resets what an update of `subresource` (usually status) may not set.
    func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext)

    /// The metadata that a status update may send but never own: `prepareForStatusUpdate` restores it (GetResetFields).
    var metadataResetByStatus: [String] { get }

    /// Claims addresses, ports and the like for `object` (nil if it is being removed) and releases those that only
    /// `old` held, by adding conditions and operations to the transaction that will write the object. On a dry run
    /// nothing of the transaction is committed.
    func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus)

    /// The field whose text Kubernetes keeps as the client sent it (`RawExtension`), if the text makes a difference to
    /// the strategy: see `StrategyContext.isRawFieldLoose`.
    var rawField: String? { get }

    /// Every field error of a new object, in Kubernetes' order. The verb validates the metadata.
    func validate(_ object: Value, _ context: StrategyContext) -> [FieldError]
    /// Every field error of a changed object, in Kubernetes' order, including those of the object as a whole.
    func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError]
    func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError]

    /// Refuses objects that are valid but not admitted (validating admission plugins that concern only this kind).
    func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus)

    /// Final changes to a new object that has been found valid.
    func canonicalize(_ object: inout Value)

    /// Texts for the `Warning: 299` headers of a create (`old` is nil) or an update.
    func warnings(for object: Value, old: Value?) -> [String]
    /// The same for a status update.
    func statusWarnings(for object: Value) -> [String]

    /// The fields that field selectors may name besides metadata.name and metadata.namespace, with their values. The
    /// set of names must be the same for every object; an absent field is "".
    func selectableFields(of object: Value) -> [String: String]
    /// Whether Kubernetes registers a field label conversion for the kind, which only changes the message for a field
    /// that does not support selection.
    var hasFieldLabelConversion: Bool { get }
    /// The names of `selectableFields`.
    var selectableFieldNames: [String] { get }

    /// The grace period of a deletion in seconds; nil if the object is deleted at once, without a grace period (most
    /// kinds). `requested` is DeleteOptions.gracePeriodSeconds.
    func gracePeriod(of object: Value, requested: Int64?) -> Int64?
    /// Changes the object if a graceful deletion or a finalizer keeps it (a namespace becomes Terminating).
    func prepareForDeletion(_ object: inout Value, _ context: StrategyContext)
    /// Refuses a deletion (protected namespaces).
    func validateDeletion(of object: Value, _ context: StrategyContext) throws(APIStatus)

    /// Whether a deletion that does not mention the dependents orphans them.
    var orphansByDefault: Bool { get }
    /// Texts for the `Warning: 299` headers of such a deletion.
    var deletionWarnings: [String] { get }

    /// Whether something still has to happen before a deleted object may be removed: its finalizers, including those in
    /// a namespace's spec.
    func isHeld(_ object: Value) -> Bool

    /// Errors of a name (`metadata.name`), or of the prefix of a generated name if `isPrefix`.
    func nameErrors(_ name: String, isPrefix: Bool) -> [String]

    /// Whether DELETE answers with the object instead of a Status.
    var answersDeletedObject: Bool { get }
    /// Whether PUT creates an object that does not exist.
    var allowsCreateOnUpdate: Bool { get }
    /// Whether PUT without a resourceVersion overwrites the object.
    var allowsUnconditionalUpdate: Bool { get }
    /// The fields whose change raises `metadata.generation`; empty for kinds without a generation.
    var generationFields: [String] { get }
    /// Whether an update raises `metadata.generation`: by default, if one of `generationFields` changed.
    func raisesGeneration(_ object: Value, old: Value) -> Bool

    /// What a first deletion turns the object into instead of removing it, for kinds that clean up after themselves;
    /// nil for all others.
    func beginningFinalization(of object: Value, at now: Timestamp) -> Value?
}

extension ResourceStrategy {
    package func setDefaults(_ object: inout Value) {}
    package func setStatusDefaults(_ object: inout Value) { setDefaults(&object) }
    package func conversionFault(of object: Value) -> String? { nil }
    package var rawField: String? { nil }
    package func admit(_ object: inout Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {}
    package func prepareForCreate(_ object: inout Value, _ context: StrategyContext) {}
    package func prepareForUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        if let status = old["status"] { object["status"] = status } else { object["status"] = nil }
    }
    package func prepareForStatusUpdate(_ object: inout Value, old: Value, _ context: StrategyContext) {
        object["spec"] = old["spec"]
    }
    package var metadataResetByStatus: [String] { [] }
    package func allocate(
        _ object: inout Value?, old: Value?, in transaction: inout Transaction, _ context: StrategyContext
    ) throws(APIStatus) {}
    package func validate(_ object: Value, _ context: StrategyContext) -> [FieldError] { [] }
    package func validateUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] {
        validate(object, context)
    }
    package func validateStatusUpdate(_ object: Value, old: Value, _ context: StrategyContext) -> [FieldError] { [] }
    package func validateAdmission(_ object: Value, old: Value?, _ context: StrategyContext) throws(APIStatus) {}
    package func canonicalize(_ object: inout Value) {}
    package func warnings(for object: Value, old: Value?) -> [String] { [] }
    package func statusWarnings(for object: Value) -> [String] { [] }
    package func selectableFields(of object: Value) -> [String: String] { [:] }
    package var hasFieldLabelConversion: Bool { !selectableFieldNames.isEmpty }
    package var selectableFieldNames: [String] { [] }
    package func gracePeriod(of object: Value, requested: Int64?) -> Int64? { nil }
    package func prepareForDeletion(_ object: inout Value, _ context: StrategyContext) {}
    package func validateDeletion(of object: Value, _ context: StrategyContext) throws(APIStatus) {}
    package var orphansByDefault: Bool { false }
    package var deletionWarnings: [String] { [] }
    package func isHeld(_ object: Value) -> Bool { !object.finalizers.isEmpty }
    package func nameErrors(_ name: String, isPrefix: Bool) -> [String] {
        NameRules.dns1123Subdomain(isPrefix ? name.maskingTrailingDash : name)
    }
    package var answersDeletedObject: Bool { false }
    package var allowsCreateOnUpdate: Bool { false }
    package var allowsUnconditionalUpdate: Bool { true }
    package var generationFields: [String] { [] }
    package func raisesGeneration(_ object: Value, old: Value) -> Bool {
        generationFields.contains { field in
            let path = field.split(separator: ".").map(String.init)[...]
            return object.at(path) != old.at(path)
        }
    }
    package func beginningFinalization(of object: Value, at now: Timestamp) -> Value? { nil }
}

/// What a strategy has access to.
package struct StrategyContext: Sendable {
    /// The state that the write is based on.
    package var snapshot: Snapshot
    package var environment: Environment
    package var configuration: APIConfiguration
    package var isDryRun: Bool
    /// The subresource of the request, or nil.
    package var subresource: String?
    /// Who writes; nil for this program's own parts.
    package var user: UserInfo?
    /// Whether the client sent the strategy's `rawField`, and Go would have spelled it otherwise.
    package var isRawFieldLoose = false

    package init(
        snapshot: Snapshot, environment: Environment, configuration: APIConfiguration, isDryRun: Bool,
        subresource: String? = nil
    ) {
        self.snapshot = snapshot
        self.environment = environment
        self.configuration = configuration
        self.isDryRun = isDryRun
        self.subresource = subresource
    }
}
