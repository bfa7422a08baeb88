#!/usr/bin/env python3
"""Every city's configuration is one that every role takes.

  cities_test.py CITIES_FOLDER VEILLE_EXECUTABLE
"""

import os
import re
import subprocess
import sys
import tempfile
import unittest

CITIES, VEILLE = "", ""
ROLES = (["init"], ["gateway"], ["detector"], ["notifier"], ["identity"], ["care", "serve"])
# What the operator makes, by its place in the configuration.
SECRETS = {"/etc/veille-keys/kek.keys": ["openssl", "rand", "-hex", "32"],
           "/etc/veille-audit/audit.key": ["openssl", "genpkey", "-algorithm", "ed25519"]}


def check_config(text, role, made):
    """Runs the role with --check_config on a configuration whose files stand in a folder of ours."""
    with tempfile.TemporaryDirectory() as root:
        for path in made:
            os.makedirs(os.path.dirname(root + path))
            with open(root + path, "wb") as file:
                file.write(subprocess.run(SECRETS[path], capture_output=True, timeout=20,
                                          check=True).stdout)
        config = os.path.join(root, "veille.textproto")
        with open(config, "w", encoding="utf-8") as file:
            file.write(re.sub(r'"/etc/', f'"{root}/etc/', text))
        command = [VEILLE, *role, "--config=" + config, "--check_config"]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)


def configuration(city):
    with open(os.path.join(CITIES, city, "veille.textproto"), encoding="utf-8") as file:
        return file.read()


class Cities(unittest.TestCase):
    def test_every_role_takes_every_citys_configuration(self):
        cities = [c for c in os.listdir(CITIES) if os.path.isdir(os.path.join(CITIES, c))]
        self.assertIn("amiens", cities)
        for city in cities:
            for role in ROLES:
                with self.subTest(city=city, role=role[0]):
                    ran = check_config(configuration(city), role, SECRETS)
                    self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_the_judge_misses_nothing_that_is_taken_away(self):
        text = configuration("amiens")
        for role in ROLES:
            with self.subTest(role[0]):
                ran = check_config(re.sub(r"(?m)^keys .*$", "", text), role, SECRETS)
                self.assertEqual(ran.returncode, 1)
                self.assertIn("keys", ran.stderr)
        ran = check_config(text, ["notifier"], [])
        self.assertEqual(ran.returncode, 1)
        self.assertIn("audit.key", ran.stderr)


if __name__ == "__main__":
    VEILLE, CITIES = sys.argv.pop(), sys.argv.pop()
    unittest.main(verbosity=1)
