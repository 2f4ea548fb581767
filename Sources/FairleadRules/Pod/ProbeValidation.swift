import FairleadModel

/// The rules for probes and lifecycle handlers.
struct ProbeValidation {
    var gracePeriod: Int64

    package func errors(ofContainer container: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        for hook in ["postStart", "preStop"] {
            guard let handler = container.at("lifecycle", hook) else { continue }
            errors += self.handler(handler, path.child("lifecycle", hook))
        }
        for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
            guard let probe = container[name] else { continue }
            let here = path.child(name)
            errors += self.probe(probe, here)
            if name == "readinessProbe" {
                if let seconds = probe["terminationGracePeriodSeconds"] {
                    errors.append(
                        .invalid(
                            here.child("terminationGracePeriodSeconds"), seconds,
                            "must not be set for readinessProbes"))
                }
            } else if probe.number("successThreshold") != 1 {
                errors.append(
                    .invalid(here.child("successThreshold"), .int(probe.number("successThreshold")), "must be 1"))
            }
        }
        return errors
    }

    private func probe(_ probe: Value, _ path: FieldPath) -> [FieldError] {
        var errors = handler(probe, path)
        let counts = [
            "initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold",
        ]
        for name in counts { errors += FieldChecks.nonNegative(probe[name], path.child(name)) }
        if let seconds = probe["terminationGracePeriodSeconds"]?.int, seconds <= 0 {
            errors.append(
                .invalid(path.child("terminationGracePeriodSeconds"), .int(seconds), "must be greater than 0"))
        }
        return errors
    }

    /// Exactly one action is required; every further one is forbidden and not validated.
    private func handler(_ handler: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        var isTaken = false
        for name in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
            guard let action = handler[name] else { continue }
            if isTaken {
                errors.append(.forbidden(path.child(name), "may not specify more than 1 handler type"))
                continue
            }
            isTaken = true
            errors += self.action(name, action, path.child(name))
        }
        return isTaken ? errors : [.required(path, "must specify a handler type")]
    }

    private func action(_ name: String, _ action: Value, _ path: FieldPath) -> [FieldError] {
        switch name {
        case "exec": action.items("command").isEmpty ? [.required(path.child("command"))] : []
        case "httpGet": httpGet(action, path)
        case "tcpSocket": FieldChecks.portNumberOrName(action["port"], path.child("port"))
        case "grpc": FieldChecks.port(action["port"], path.child("port"))
        default: sleep(action, path)
        }
    }

    private func httpGet(_ action: Value, _ path: FieldPath) -> [FieldError] {
        var errors: [FieldError] = []
        if action.text("path").isEmpty { errors.append(.required(path.child("path"))) }
        errors += FieldChecks.portNumberOrName(action["port"], path.child("port"))
        let scheme = action.text("scheme")
        if !["HTTP", "HTTPS"].contains(scheme) {
            errors.append(.notSupported(path.child("scheme"), .string(scheme), supported: ["HTTP", "HTTPS"]))
        }
        for header in action.items("httpHeaders") {
            let name = header.text("name")
            errors += FieldChecks.messages(NameRules.httpHeaderName(name), value: name, path.child("httpHeaders"))
        }
        return errors
    }

    private func sleep(_ action: Value, _ path: FieldPath) -> [FieldError] {
        let seconds = action.number("seconds")
        guard seconds < 0 || seconds > gracePeriod else { return [] }
        return [
            .invalid(
                path, .int(seconds),
                "must be non-negative and less than terminationGracePeriodSeconds (\(gracePeriod))")
        ]
    }
}
