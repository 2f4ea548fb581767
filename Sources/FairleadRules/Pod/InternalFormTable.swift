/// The fields of the internal types. A field is `Name` (a string), `Name#` (a number), `Name?` (a boolean), `Name!` (a
/// pointer, list or map), `Name{T}` (a struct), `Name*{T}` (a pointer to one), `Name[]{T}` (a list of them); `Name=key`
/// gives the JSON name if it is not the field name with a lowercase first letter.
enum InternalFormTable {
    static let text = """
        PodSpec: Volumes[]{Volume} InitContainers[]{Container} Containers[]{Container} \
        EphemeralContainers[]{EphemeralContainer} RestartPolicy TerminationGracePeriodSeconds! ActiveDeadlineSeconds! \
        DNSPolicy=dnsPolicy NodeSelector! ServiceAccountName AutomountServiceAccountToken! NodeName \
        SecurityContext*{PodSecurityContext} ImagePullSecrets[]{LocalObjectReference} Hostname Subdomain \
        SetHostnameAsFQDN! Affinity*{Affinity} SchedulerName Tolerations[]{Toleration} HostAliases[]{HostAlias} \
        PriorityClassName Priority! PreemptionPolicy! DNSConfig*{PodDNSConfig}=dnsConfig \
        ReadinessGates[]{PodReadinessGate} RuntimeClassName! Overhead! EnableServiceLinks! \
        TopologySpreadConstraints[]{TopologySpreadConstraint} OS*{PodOS}=os SchedulingGates[]{PodSchedulingGate} \
        ResourceClaims[]{PodResourceClaim} Resources*{ResourceRequirements} HostnameOverride! \
        SchedulingGroup*{PodSchedulingGroup}
        PodSecurityContext: HostNetwork? HostPID? HostIPC? ShareProcessNamespace! HostUsers! \
        SELinuxOptions*{SELinuxOptions}=seLinuxOptions WindowsOptions*{WindowsSecurityContextOptions} RunAsUser! \
        RunAsGroup! RunAsNonRoot! SupplementalGroups! SupplementalGroupsPolicy! FSGroup!=fsGroup \
        FSGroupChangePolicy!=fsGroupChangePolicy Sysctls[]{Sysctl} SeccompProfile*{Profile} AppArmorProfile*{Profile} \
        SELinuxChangePolicy!=seLinuxChangePolicy
        SecurityContext: Capabilities*{Capabilities} Privileged! SELinuxOptions*{SELinuxOptions}=seLinuxOptions \
        WindowsOptions*{WindowsSecurityContextOptions} RunAsUser! RunAsGroup! RunAsNonRoot! ReadOnlyRootFilesystem! \
        AllowPrivilegeEscalation! ProcMount! SeccompProfile*{Profile} AppArmorProfile*{Profile}
        Capabilities: Add! Drop!
        SELinuxOptions: User Role Type Level
        WindowsSecurityContextOptions: GMSACredentialSpecName!=gmsaCredentialSpecName \
        GMSACredentialSpec!=gmsaCredentialSpec RunAsUserName! HostProcess!
        Profile: Type LocalhostProfile!
        Sysctl: Name Value
        LocalObjectReference: Name
        Toleration: Key Operator Value Effect TolerationSeconds!
        Taint: Key Value Effect TimeAdded!
        HostAlias: IP=ip Hostnames!
        PodDNSConfig: Nameservers! Searches! Options[]{PodDNSConfigOption}
        PodDNSConfigOption: Name Value!
        PodReadinessGate: ConditionType
        PodOS: Name
        PodSchedulingGate: Name
        PodSchedulingGroup: PodGroupName!
        PodResourceClaim: Name ResourceClaimName! ResourceClaimTemplateName!
        ResourceRequirements: Limits! Requests! Claims[]{ResourceClaim}
        ResourceClaim: Name Request
        TopologySpreadConstraint: MaxSkew# TopologyKey WhenUnsatisfiable LabelSelector! MinDomains! \
        NodeAffinityPolicy! NodeTaintsPolicy! MatchLabelKeys!
        Container: Name Image Command! Args! WorkingDir Ports[]{ContainerPort} EnvFrom[]{EnvFromSource} Env[]{EnvVar} \
        Resources{ResourceRequirements} ResizePolicy[]{ContainerResizePolicy} RestartPolicy! RestartPolicyRules! \
        VolumeMounts[]{VolumeMount} VolumeDevices[]{VolumeDevice} LivenessProbe*{Probe} ReadinessProbe*{Probe} \
        StartupProbe*{Probe} Lifecycle*{Lifecycle} TerminationMessagePath TerminationMessagePolicy ImagePullPolicy \
        SecurityContext*{SecurityContext} Stdin? StdinOnce? TTY?=tty
        EphemeralContainer: Name Image Command! Args! WorkingDir Ports[]{ContainerPort} EnvFrom[]{EnvFromSource} \
        Env[]{EnvVar} Resources{ResourceRequirements} ResizePolicy[]{ContainerResizePolicy} RestartPolicy! \
        RestartPolicyRules! VolumeMounts[]{VolumeMount} VolumeDevices[]{VolumeDevice} LivenessProbe*{Probe} \
        ReadinessProbe*{Probe} StartupProbe*{Probe} Lifecycle*{Lifecycle} TerminationMessagePath \
        TerminationMessagePolicy ImagePullPolicy SecurityContext*{SecurityContext} Stdin? StdinOnce? TTY?=tty \
        TargetContainerName
        ContainerPort: Name HostPort# ContainerPort# Protocol HostIP
        ContainerResizePolicy: ResourceName RestartPolicy
        EnvFromSource: Prefix ConfigMapRef*{OptionalReference} SecretRef*{OptionalReference}
        OptionalReference: Name Optional!
        EnvVar: Name Value ValueFrom*{EnvVarSource}
        EnvVarSource: FieldRef*{ObjectFieldSelector} ResourceFieldRef*{ResourceFieldSelector} \
        ConfigMapKeyRef*{KeySelector} SecretKeyRef*{KeySelector} FileKeyRef*{FileKeySelector}
        ObjectFieldSelector: APIVersion=apiVersion FieldPath
        ResourceFieldSelector: ContainerName Resource Divisor
        KeySelector: Name Key Optional!
        FileKeySelector: VolumeName Path Key Optional!
        VolumeMount: Name ReadOnly? RecursiveReadOnly! MountPath SubPath MountPropagation! SubPathExpr
        VolumeDevice: Name DevicePath
        Probe: Exec*{ExecAction} HTTPGet*{HTTPGetAction}=httpGet TCPSocket*{TCPSocketAction}=tcpSocket \
        GRPC*{GRPCAction}=grpc InitialDelaySeconds# TimeoutSeconds# PeriodSeconds# SuccessThreshold# \
        FailureThreshold# TerminationGracePeriodSeconds!
        ExecAction: Command!
        HTTPGetAction: Path Port# Host Scheme HTTPHeaders[]{NameAndValue}=httpHeaders
        NameAndValue: Name Value
        TCPSocketAction: Port# Host
        GRPCAction: Port# Service!
        SleepAction: Seconds#
        Lifecycle: PostStart*{LifecycleHandler} PreStop*{LifecycleHandler} StopSignal!
        LifecycleHandler: Exec*{ExecAction} HTTPGet*{HTTPGetAction}=httpGet TCPSocket*{TCPSocketAction}=tcpSocket \
        Sleep*{SleepAction}
        Volume: Name HostPath*{HostPath} EmptyDir*{EmptyDir} GCEPersistentDisk!=gcePersistentDisk \
        AWSElasticBlockStore!=awsElasticBlockStore GitRepo! Secret*{SecretVolume} NFS*{NFS}=nfs ISCSI!=iscsi \
        Glusterfs! PersistentVolumeClaim*{ClaimVolume} RBD!=rbd Quobyte! FlexVolume! Cinder! CephFS!=cephfs Flocker! \
        DownwardAPI*{DownwardAPIVolume} FC!=fc AzureFile! ConfigMap*{ConfigMapVolume} VsphereVolume! AzureDisk! \
        PhotonPersistentDisk! Projected*{ProjectedVolume} PortworxVolume! ScaleIO!=scaleIO StorageOS!=storageos \
        CSI!=csi Ephemeral! Image*{ImageVolume}
        HostPath: Path Type!
        EmptyDir: Medium SizeLimit!
        SecretVolume: SecretName Items[]{KeyToPath} DefaultMode! Optional!
        ConfigMapVolume: Name Items[]{KeyToPath} DefaultMode! Optional!
        NFS: Server Path ReadOnly?
        ClaimVolume: ClaimName ReadOnly?
        ImageVolume: Reference PullPolicy
        KeyToPath: Key Path Mode!
        DownwardAPIVolume: Items[]{DownwardAPIFile} DefaultMode!
        DownwardAPIFile: Path FieldRef*{ObjectFieldSelector} ResourceFieldRef*{ResourceFieldSelector} Mode!
        ProjectedVolume: Sources[]{VolumeProjection} DefaultMode!
        VolumeProjection: Secret*{ItemsProjection} DownwardAPI*{DownwardAPIProjection} ConfigMap*{ItemsProjection} \
        ServiceAccountToken*{TokenProjection} ClusterTrustBundle! PodCertificate!
        ItemsProjection: Name Items[]{KeyToPath} Optional!
        DownwardAPIProjection: Items[]{DownwardAPIFile}
        TokenProjection: Audience ExpirationSeconds# Path
        Affinity: NodeAffinity*{NodeAffinity} PodAffinity*{PodAffinity} PodAntiAffinity*{PodAffinity}
        NodeAffinity: RequiredDuringSchedulingIgnoredDuringExecution*{NodeSelector} \
        PreferredDuringSchedulingIgnoredDuringExecution[]{PreferredSchedulingTerm}
        NodeSelector: NodeSelectorTerms[]{NodeSelectorTerm}
        NodeSelectorTerm: MatchExpressions[]{NodeSelectorRequirement} MatchFields[]{NodeSelectorRequirement}
        NodeSelectorRequirement: Key Operator Values!
        PreferredSchedulingTerm: Weight# Preference{NodeSelectorTerm}
        PodAffinity: RequiredDuringSchedulingIgnoredDuringExecution[]{PodAffinityTerm} \
        PreferredDuringSchedulingIgnoredDuringExecution[]{WeightedPodAffinityTerm}
        PodAffinityTerm: LabelSelector! Namespaces! TopologyKey NamespaceSelector! MatchLabelKeys! MismatchLabelKeys!
        WeightedPodAffinityTerm: Weight# PodAffinityTerm{PodAffinityTerm}
        PersistentVolumeClaimSpec: AccessModes! Selector! Resources{VolumeResourceRequirements} VolumeName \
        StorageClassName! VolumeMode! DataSource! DataSourceRef! VolumeAttributesClassName!
        VolumeResourceRequirements: Limits! Requests!
        DeploymentStrategy: Type RollingUpdate*{RollingUpdateDeployment}
        RollingUpdateDeployment: MaxUnavailable# MaxSurge#
        DaemonSetUpdateStrategy: Type RollingUpdate*{RollingUpdateDeployment}
        StatefulSetUpdateStrategy: Type RollingUpdate*{RollingUpdateStatefulSet}
        RollingUpdateStatefulSet: Partition# MaxUnavailable!
        ScopeSelector: MatchExpressions[]{ScopedResourceSelectorRequirement}
        ScopedResourceSelectorRequirement: ScopeName Operator Values!
        PodIP: IP=ip
        PersistentVolumeSource: GCEPersistentDisk*{GCEDisk}=gcePersistentDisk \
        AWSElasticBlockStore*{AWSDisk}=awsElasticBlockStore HostPath*{HostPath} Glusterfs*{GlusterVolume} NFS*{NFS}=nfs \
        RBD*{RBDVolume}=rbd Quobyte*{Quobyte} ISCSI*{ISCSIVolume}=iscsi FlexVolume*{FlexVolume} Cinder*{CinderVolume} \
        CephFS*{CephFSVolume}=cephfs FC*{FCVolume}=fc Flocker*{Flocker} AzureFile*{AzureFile} \
        VsphereVolume*{VsphereVolume} AzureDisk*{AzureDisk} PhotonPersistentDisk*{PhotonDisk} \
        PortworxVolume*{PortworxVolume} ScaleIO*{ScaleIOVolume}=scaleIO Local*{LocalVolume} \
        StorageOS*{StorageOSVolume}=storageos CSI*{CSIVolume}=csi
        GCEDisk: PDName=pdName FSType=fsType Partition# ReadOnly?
        AWSDisk: VolumeID FSType=fsType Partition# ReadOnly?
        GlusterVolume: EndpointsName=endpoints Path ReadOnly? EndpointsNamespace!
        RBDVolume: CephMonitors!=monitors RBDImage=image FSType=fsType RBDPool=pool RadosUser=user Keyring \
        SecretRef*{SecretReference} ReadOnly?
        Quobyte: Registry Volume ReadOnly? User Group Tenant
        ISCSIVolume: TargetPortal IQN=iqn Lun# ISCSIInterface=iscsiInterface FSType=fsType ReadOnly? Portals! \
        DiscoveryCHAPAuth?=chapAuthDiscovery SessionCHAPAuth?=chapAuthSession SecretRef*{SecretReference} InitiatorName!
        FlexVolume: Driver FSType=fsType SecretRef*{SecretReference} ReadOnly? Options!
        CinderVolume: VolumeID FSType=fsType ReadOnly? SecretRef*{SecretReference}
        CephFSVolume: Monitors! Path User SecretFile SecretRef*{SecretReference} ReadOnly?
        FCVolume: TargetWWNs! Lun! FSType=fsType ReadOnly? WWIDs!=wwids
        Flocker: DatasetName DatasetUUID
        AzureFile: SecretName ShareName ReadOnly? SecretNamespace!
        VsphereVolume: VolumePath FSType=fsType StoragePolicyName StoragePolicyID
        AzureDisk: DiskName DataDiskURI=diskURI CachingMode! FSType!=fsType ReadOnly! Kind!
        PhotonDisk: PdID FSType=fsType
        PortworxVolume: VolumeID FSType=fsType ReadOnly?
        ScaleIOVolume: Gateway System SecretRef*{SecretReference} SSLEnabled?=sslEnabled ProtectionDomain StoragePool \
        StorageMode VolumeName FSType=fsType ReadOnly?
        LocalVolume: Path FSType!=fsType
        StorageOSVolume: VolumeName VolumeNamespace FSType=fsType ReadOnly? SecretRef!
        CSIVolume: Driver VolumeHandle ReadOnly? FSType=fsType VolumeAttributes! \
        ControllerPublishSecretRef*{SecretReference} NodeStageSecretRef*{SecretReference} \
        NodePublishSecretRef*{SecretReference} ControllerExpandSecretRef*{SecretReference} \
        NodeExpandSecretRef*{SecretReference}
        SecretReference: Name Namespace
        VolumeNodeAffinity: Required*{NodeSelector}
        CSINodeDriver: Name NodeID TopologyKeys! Allocatable*{VolumeNodeResources}
        VolumeNodeResources: Count!
        VolumeAttachmentSpec: Attacher Source{VolumeAttachmentSource} NodeName
        VolumeAttachmentSource: PersistentVolumeName! InlineVolumeSpec!
        RoleRef: APIGroup=apiGroup Kind Name
        FlowSchemaSpec: PriorityLevelConfiguration{LocalObjectReference} MatchingPrecedence# \
        DistinguisherMethod*{FlowDistinguisherMethod} Rules[]{PolicyRulesWithSubjects}
        FlowDistinguisherMethod: Type
        PolicyRulesWithSubjects: Subjects[]{FlowSubject} ResourceRules[]{ResourcePolicyRule} \
        NonResourceRules[]{NonResourcePolicyRule}
        FlowSubject: Kind User*{LocalObjectReference} Group*{LocalObjectReference} ServiceAccount*{ServiceAccountSubject}
        ServiceAccountSubject: Namespace Name
        ResourcePolicyRule: Verbs! APIGroups!=apiGroups Resources! ClusterScope? Namespaces!
        NonResourcePolicyRule: Verbs! NonResourceURLs!
        PriorityLevelConfigurationSpec: Type Limited*{LimitedPriorityLevel} Exempt*{ExemptPriorityLevel}
        LimitedPriorityLevel: NominalConcurrencyShares# LimitResponse{LimitResponse} LendablePercent! \
        BorrowingLimitPercent!
        LimitResponse: Type Queuing*{QueuingConfiguration}
        QueuingConfiguration: Queues# HandSize# QueueLengthLimit#
        ExemptPriorityLevel: NominalConcurrencyShares! LendablePercent!
        PodFailurePolicy: Rules[]{PodFailurePolicyRule}
        PodFailurePolicyRule: Action OnExitCodes*{OnExitCodesRequirement} OnPodConditions[]{OnPodConditionsPattern}
        OnExitCodesRequirement: ContainerName! Operator Values!
        OnPodConditionsPattern: Type Status
        SuccessPolicy: Rules[]{SuccessPolicyRule}
        SuccessPolicyRule: SucceededIndexes! SucceededCount!
        UncountedTerminatedPods: Succeeded! Failed!
        HorizontalPodAutoscalerBehavior: ScaleUp*{ScalingRules} ScaleDown*{ScalingRules}
        ScalingRules: StabilizationWindowSeconds! SelectPolicy! Policies[]{ScalingPolicy} Tolerance!
        ScalingPolicy: Type Value# PeriodSeconds#
        PodDisruptionBudgetSpec: MinAvailable! Selector! MaxUnavailable! UnhealthyPodEvictionPolicy!
        """

    static func parse() -> [String: [InternalForm.Field]] {
        var types: [String: [InternalForm.Field]] = [:]
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            types[String(parts[0])] = parts[1].split(separator: " ").map(field)
        }
        return types
    }

    private static func field(_ text: Substring) -> InternalForm.Field {
        let halves = text.split(separator: "=", maxSplits: 1)
        let declaration = halves[0]
        let name = String(declaration.prefix { $0.isLetter })
        let suffix = declaration.dropFirst(name.count)
        let type = String(suffix.drop { $0 != "{" }.dropFirst().dropLast())
        let kind: InternalForm.Field.Kind =
            switch suffix.first {
            case "#": .number
            case "?": .bool
            case "!": .optional
            case "*": .pointer(type)
            case "[": .list(type)
            case "{": .structure(type)
            default: .text
            }
        let key = halves.count == 2 ? String(halves[1]) : name.prefix(1).lowercased() + name.dropFirst()
        return InternalForm.Field(name: name, key: key, kind: kind)
    }
}
