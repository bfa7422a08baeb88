"""Renders deploy/kubernetes/base, judges what every workload must say, and runs each role with
--check_config on the configuration that the manifests mount.

  manifests_test.py BASE_FOLDER VEILLE_EXECUTABLE

Why not kubectl: Debian 12's is too old for `labels:`. What is used of Kustomize is small, and a field
that is not known here is refused. Where a newer kubectl is at hand, what it renders is judged too.
"""
import copy
import os
import re
import subprocess
import sys
import tempfile
import unittest

import yaml

BASE, VEILLE = "", ""
ROLES = {"gateway", "detector", "notifier", "identity", "care"}
UID = 65532
# What an operator makes: by secret, file and the command that makes it.
SECRETS = {"veille-audit-key": ("audit.key", ["openssl", "genpkey", "-algorithm", "ed25519"]),
           "veille-kek": ("kek.keys", ["openssl", "rand", "-hex", "32"])}
# Readiness off 5 s, drain and shut down 8 s, flush 5 s, and 10 s to spare.
LEAST_GRACE_S = 28


def render(folder):
    """The documents of a kustomization, as Kustomize makes them but for hashes in names."""
    with open(os.path.join(folder, "kustomization.yaml"), encoding="utf-8") as file:
        kustomization = yaml.safe_load(file)
    known = {"apiVersion", "kind", "namespace", "labels", "resources", "configMapGenerator", "images"}
    if set(kustomization) - known:
        raise ValueError(f"unknown fields in kustomization.yaml: {set(kustomization) - known}")
    documents = []
    for name in kustomization["resources"]:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            documents += [document for document in yaml.safe_load_all(file) if document]
    for generator in kustomization["configMapGenerator"]:
        data = {}
        for name in generator["files"]:
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                data[os.path.basename(name)] = file.read()
        documents.append({"apiVersion": "v1", "kind": "ConfigMap",
                          "metadata": {"name": generator["name"]}, "data": data})
    tags = {image["name"]: image["newTag"] for image in kustomization["images"]}
    for document in documents:
        for pair in kustomization["labels"]:
            document["metadata"].setdefault("labels", {}).update(pair["pairs"])
        if document["kind"] != "Namespace":
            document["metadata"]["namespace"] = kustomization["namespace"]
        for container in containers_of(document):
            if container["image"] in tags:
                container["image"] += ":" + tags[container["image"]]
    return documents


def pod_of(document):
    if document["kind"] == "CronJob":
        return document["spec"]["jobTemplate"]["spec"]["template"]
    if document["kind"] not in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return None
    return document["spec"]["template"]


def containers_of(document):
    pod = pod_of(document)
    return [] if pod is None else pod["spec"].get("initContainers", []) + pod["spec"]["containers"]


def named(documents, kind, name):
    """By name; Kustomize adds a hash to a ConfigMap's."""
    pattern = re.compile(re.escape(name) + r"(-[a-z0-9]{10})?$")
    found = [d for d in documents if d["kind"] == kind and pattern.match(d["metadata"]["name"])]
    return found[0] if found else None


def selects(selector, labels):
    return selector.items() <= labels.items()


def container_faults(container, served):
    security = container.get("securityContext", {})
    if security.get("allowPrivilegeEscalation") is not False:
        yield "allowPrivilegeEscalation is not false"
    if security.get("privileged"):
        yield "privileged"
    if security.get("readOnlyRootFilesystem") is not True:
        yield "readOnlyRootFilesystem is not true"
    if security.get("capabilities", {}) != {"drop": ["ALL"]}:
        yield "capabilities are not dropped"
    resources = container.get("resources", {})
    memory = resources.get("requests", {}).get("memory")
    if memory is None or memory != resources.get("limits", {}).get("memory"):
        yield "memory requests and limits differ or are missing"
    if "cpu" not in resources.get("requests", {}):
        yield "no cpu request"
    if not re.search(r":[0-9][^:]*$|@sha256:", container["image"]):
        yield f"the image {container['image']} has no version"
    for probe in ("startupProbe", "livenessProbe", "readinessProbe") if served else ():
        if probe not in container:
            yield f"no {probe}"
            continue
        # Alive is the process; ready is what it serves, which drains.
        # gRPC ports want a certificate, which the kubelet has not.
        pages = ("/readyz", "/healthz") if probe == "readinessProbe" else ("/healthz",)
        if "grpc" in container[probe] or (
                "httpGet" in container[probe]
                and container[probe]["httpGet"].get("path") not in pages):
            yield f"{probe} asks for the wrong page"
        port = next((container[probe][how].get("port") for how in ("grpc", "httpGet", "tcpSocket")
                     if how in container[probe]), None)
        ports = {p[key] for p in container.get("ports", []) for key in ("name", "containerPort")}
        if port is not None and port not in ports:
            yield f"{probe} asks port {port}, which the container has not"


def pod_faults(document):
    spec = pod_of(document)["spec"]
    served = document["kind"] not in ("Job", "CronJob")
    if spec.get("automountServiceAccountToken") is not False:
        yield "a service account token is mounted"
    for field in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(field):
            yield field
    security = spec.get("securityContext", {})
    if security.get("runAsNonRoot") is not True or security.get("runAsUser") != UID:
        yield f"does not run as {UID}, not root"
    if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
        yield "seccompProfile is not RuntimeDefault"
    if served and spec.get("terminationGracePeriodSeconds", 0) < LEAST_GRACE_S:
        yield f"terminationGracePeriodSeconds is less than {LEAST_GRACE_S}"
    if document["spec"].get("replicas", 1) > 1 and not spec.get("topologySpreadConstraints"):
        yield "replicas are not spread"
    volumes = {volume["name"] for volume in spec.get("volumes", [])}
    volumes |= {c["metadata"]["name"] for c in document["spec"].get("volumeClaimTemplates", [])}
    for volume in spec.get("volumes", []):
        if "secret" in volume and (security.get("fsGroup") != UID
                                   or volume["secret"].get("defaultMode") != 0o440):
            yield f"{volume['name']} is not readable by {UID} alone"
    if any("hostPath" in volume for volume in spec.get("volumes", [])):
        yield "mounts a path of the host"
    for container in containers_of(document):
        yield from container_faults(container, served)
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                yield f"mounts {mount['name']}, which is no volume"


def faults(documents):
    """What is wrong with rendered documents, each as 'Kind/name: what'."""
    found = []
    pods = [document for document in documents if pod_of(document)]
    for document in pods:
        who = f"{document['kind']}/{document['metadata']['name']}"
        labels = pod_of(document)["metadata"]["labels"]
        found += [f"{who}: {fault}" for fault in pod_faults(document)]
        for volume in pod_of(document)["spec"].get("volumes", []):
            source = volume.get("configMap", {}).get("name")
            if source and named(documents, "ConfigMap", source) is None:
                found.append(f"{who}: no ConfigMap {source}")
        if document["kind"] in ("Job", "CronJob"):
            continue
        if not selects(document["spec"]["selector"]["matchLabels"], labels):
            found.append(f"{who}: does not select its own pods")
        if document["spec"].get("replicas", 1) > 1 and not any(
                d["kind"] == "PodDisruptionBudget" and d["spec"].get("maxUnavailable") == 1
                and selects(d["spec"]["selector"]["matchLabels"], labels) for d in documents):
            found.append(f"{who}: no PodDisruptionBudget")
        if document["kind"] == "Deployment" and document["spec"].get("strategy", {}).get(
                "rollingUpdate", {}).get("maxUnavailable") != 0:
            found.append(f"{who}: a rollout may take a pod away first")
    for document in documents:
        if document["kind"] != "Service":
            continue
        behind = [d for d in pods
                  if selects(document["spec"]["selector"], pod_of(d)["metadata"]["labels"])]
        ports = {p["containerPort"] for d in behind for c in containers_of(d)
                 for p in c.get("ports", [])}
        for port in document["spec"]["ports"]:
            if port["port"] not in ports:
                found.append(f"Service/{document['metadata']['name']}: nothing at {port['port']}")
    if not any(d["kind"] == "NetworkPolicy" and d["spec"]["podSelector"] == {}
               and set(d["spec"]["policyTypes"]) == {"Ingress", "Egress"}
               and "ingress" not in d["spec"] and "egress" not in d["spec"] for d in documents):
        found.append("no NetworkPolicy that denies all")
    namespaces = [d["metadata"].get("labels", {}) for d in documents if d["kind"] == "Namespace"]
    if [n.get("pod-security.kubernetes.io/enforce") for n in namespaces] != ["restricted"]:
        found.append("the namespace does not enforce the restricted profile")
    return found


def key_faults(documents):
    """What would put keys into a backup of the data, or data into one of the keys."""
    found = []
    config = named(documents, "ConfigMap", "veille-config")["data"]["veille.textproto"]
    data = re.search(r'^redis \{ endpoint: "([^"]+)"', config, re.M)
    keys = re.search(r'store \{ endpoint: "([^"]+)"', config)
    if not data or not keys or data.group(1) == keys.group(1):
        found.append("keys.store is the Redis of the data")
    for name in ("redis", "redis-keys"):
        stateful = named(documents, "StatefulSet", name)
        claims = stateful["spec"].get("volumeClaimTemplates", [])
        if [claim["metadata"]["name"] for claim in claims] != ["data"]:
            found.append(f"{name} has no volume of its own")
        if pod_of(stateful)["spec"].get("volumes"):
            found.append(f"{name} mounts what is not its own: a secret or another's volume")
        (container,) = containers_of(stateful)
        # A dump beside the log would be rewritten by nobody when somebody is erased.
        args = container["args"]
        if "--save" not in args or args[args.index("--save") + 1] != "":
            found.append(f"{name} dumps its memory into files that an erasure does not rewrite")
    return found


def check_config(documents, document):
    """Runs the workload's own command line with --check_config on what it would have mounted."""
    (container,) = containers_of(document)
    volumes = {v["name"]: v for v in pod_of(document)["spec"].get("volumes", [])}
    with tempfile.TemporaryDirectory() as root:
        folders = {m["mountPath"]: root + m["mountPath"] for m in container["volumeMounts"]}

        def moved(text):
            # Longest first: one mount path may begin with another.
            for path in sorted(folders, key=len, reverse=True):
                text = re.sub(r"(?<![\w/])" + re.escape(path) + r"(?![\w-])", folders[path], text)
            return text

        for mount in container["volumeMounts"]:
            os.makedirs(root + mount["mountPath"])
            secret = volumes[mount["name"]].get("secret", {}).get("secretName")
            if secret in SECRETS:
                name, command = SECRETS[secret]
                made = subprocess.run(command, capture_output=True, timeout=20, check=True).stdout
                with open(os.path.join(root + mount["mountPath"], name), "wb") as file:
                    file.write(made)
                continue
            if secret is not None:
                continue  # The operator's certificates; the configuration only names their files.
            config = named(documents, "ConfigMap", volumes[mount["name"]]["configMap"]["name"])
            for name, text in config["data"].items():
                path = os.path.join(root + mount["mountPath"], name)
                with open(path, "w", encoding="utf-8") as file:
                    file.write(moved(text))
        command = [VEILLE] + [moved(arg) for arg in container["args"]] + ["--check_config"]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def kubectl_documents(folder):
    """What kubectl renders; None without one, or with one that does not know this Kustomize."""
    try:
        ran = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True,
                             timeout=30, check=False)
    except FileNotFoundError:
        return None
    if ran.returncode != 0 and "unknown field" in ran.stderr:
        return None
    if ran.returncode != 0:
        raise ValueError("kubectl kustomize: " + ran.stderr)
    return [document for document in yaml.safe_load_all(ran.stdout) if document]


class Base(unittest.TestCase):
    maxDiff = None

    def test_renders_without_fault(self):
        self.assertEqual(faults(render(BASE)), [])

    def test_names_every_file(self):
        with open(os.path.join(BASE, "kustomization.yaml"), encoding="utf-8") as file:
            named_there = set(yaml.safe_load(file)["resources"])
        there = {name for name in os.listdir(BASE) if name.endswith(".yaml")}
        self.assertEqual(there - {"kustomization.yaml"}, named_there)

    def test_has_every_role(self):
        names = {d["metadata"]["name"] for d in render(BASE) if pod_of(d)}
        self.assertEqual(names, ROLES | {"init", "redis", "redis-keys", "exercise"})

    def test_mounts_a_configuration_that_every_role_takes(self):
        documents = render(BASE)
        for document in documents:
            if pod_of(document) and document["metadata"]["name"] in ROLES | {"init"}:
                with self.subTest(document["metadata"]["name"]):
                    ran = check_config(documents, document)
                    self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_the_notifier_is_refused_without_the_key_that_signs_the_audit_log(self):
        documents = render(BASE)
        notifier = copy.deepcopy(named(documents, "Deployment", "notifier"))
        (container,) = containers_of(notifier)
        container["volumeMounts"] = [m for m in container["volumeMounts"]
                                     if m["name"] != "audit-key"]
        ran = check_config(documents, notifier)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("audit.key", ran.stderr)

    def test_a_backup_of_the_data_holds_no_keys(self):
        self.assertEqual(key_faults(render(BASE)), [])

    def test_keys_that_stand_beside_the_data_are_found(self):
        def beside(documents):
            config = named(documents, "ConfigMap", "veille-config")["data"]
            config["veille.textproto"] = config["veille.textproto"].replace("tcp:redis-keys:", "tcp:redis:")

        def one_volume(documents):
            spec = named(documents, "StatefulSet", "redis-keys")["spec"]
            claims = spec.pop("volumeClaimTemplates")
            spec["template"]["spec"]["volumes"] = [
                {"name": "data", "persistentVolumeClaim": {"claimName": "data-redis-0"}}]
            self.assertEqual(len(claims), 1)

        def mounted_at_redis(documents):
            spec = named(documents, "StatefulSet", "redis")["spec"]["template"]["spec"]
            spec["volumes"] = [{"name": "keys", "secret": {"secretName": "veille-kek"}}]

        def dumped(documents):
            (redis,) = containers_of(named(documents, "StatefulSet", "redis"))
            del redis["args"][redis["args"].index("--save"):]

        for spoil in (beside, one_volume, mounted_at_redis, dumped):
            with self.subTest(spoil.__name__):
                documents = copy.deepcopy(render(BASE))
                spoil(documents)
                self.assertNotEqual(key_faults(documents), [])

    def test_calls_the_exercise_when_it_is_due(self):
        documents = render(BASE)
        config = named(documents, "ConfigMap", "veille-config")["data"]["veille.textproto"]
        hour, minute = re.search(r'daily_at: "(\d\d):(\d\d)" zone: "UTC"', config).groups()
        cron = named(documents, "CronJob", "exercise")["spec"]
        self.assertEqual((cron["schedule"], cron["timeZone"]),
                         (f"{int(minute)} {int(hour)} * * *", "Etc/UTC"))
        (container,) = containers_of(named(documents, "CronJob", "exercise"))
        self.assertEqual(container["args"][0], "drill")
        for address in container["args"][2::2]:
            service, port = address.split(":")
            ports = named(documents, "Service", service)["spec"]["ports"]
            self.assertIn(int(port), [p["port"] for p in ports])

    def test_a_configuration_with_a_fault_is_refused(self):
        documents = render(BASE)
        config = named(documents, "ConfigMap", "veille-config")["data"]
        config["veille.textproto"] += "no_such_field: 1\n"
        ran = check_config(documents, named(documents, "Deployment", "gateway"))
        self.assertEqual(ran.returncode, 1)
        self.assertIn("veille.textproto", ran.stderr)

    def test_kubectl_renders_the_same(self):
        documents = kubectl_documents(BASE)
        if documents is None:
            self.skipTest("no kubectl that knows this Kustomize")
        self.assertEqual(faults(documents), [])
        self.assertEqual(sorted(d["kind"] for d in documents),
                         sorted(d["kind"] for d in render(BASE)))

    def test_the_judge_misses_nothing_that_is_taken_away(self):
        pod = "spec.template.spec."
        for path in (
                pod + "securityContext.fsGroup", pod + "volumes.1.secret.defaultMode",
                pod + "automountServiceAccountToken", pod + "securityContext.runAsNonRoot",
                pod + "securityContext.runAsUser", pod + "securityContext.seccompProfile",
                pod + "terminationGracePeriodSeconds", pod + "topologySpreadConstraints",
                pod + "volumes", "spec.strategy",
                pod + "containers.0.startupProbe", pod + "containers.0.livenessProbe",
                pod + "containers.0.readinessProbe",
                pod + "containers.0.readinessProbe.httpGet.path", pod + "containers.0.ports",
                pod + "containers.0.resources.limits", pod + "containers.0.resources.requests.cpu",
                pod + "containers.0.securityContext.allowPrivilegeEscalation",
                pod + "containers.0.securityContext.readOnlyRootFilesystem",
                pod + "containers.0.securityContext.capabilities"):
            with self.subTest(path):
                documents = copy.deepcopy(render(BASE))
                node = named(documents, "Deployment", "notifier")
                *parents, last = path.split(".")
                for part in parents:
                    node = node[int(part) if part.isdigit() else part]
                del node[last]
                self.assertNotEqual(faults(documents), [])
        for kind in ("PodDisruptionBudget", "ConfigMap", "NetworkPolicy", "Namespace"):
            with self.subTest(kind):
                self.assertNotEqual(faults([d for d in render(BASE) if d["kind"] != kind]), [])


if __name__ == "__main__":
    VEILLE, BASE = sys.argv.pop(), sys.argv.pop()
    unittest.main(verbosity=1)
