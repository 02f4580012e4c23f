// keys.cpp - accounts, devices and prekeys for those who bring their own storage and network.
#include "keys.hpp"

#include <anochat/crypto/safety_number.hpp>

#include <pybind11/stl.h>

namespace anochat::python {
namespace {

constexpr const char* kNoPickle = "this object holds private keys; use save() and protect the bytes, or seal()";

template <class Role, std::size_t N>
Secret<Role, N> secret_from(py::handle source, const char* what) {
  ByteArray<N> bytes = to_array<N>(source, what);
  return Secret<Role, N>(std::span<std::uint8_t, N>(bytes));
}

void bind_account(py::module_& module) {
  py::class_<PyAccountKey, std::shared_ptr<PyAccountKey>> type(
      module, "AccountKey", "The private key of an account: whoever has it can add devices to the account.");
  type.def_static(
          "generate",
          [](std::shared_ptr<Random> random) {
            random = random_or_system(std::move(random));
            return without_gil(
                [&] { return std::make_shared<PyAccountKey>(PyAccountKey{AccountKey::generate(*random)}); });
          },
          py::kw_only(), py::arg("random") = nullptr, "A fresh account.")
      .def_static(
          "from_seed",
          [](const py::object& seed) {
            SigningSeed secret = secret_from<SigningSeedRole, 32>(seed, "a seed");
            return std::make_shared<PyAccountKey>(PyAccountKey{AccountKey::from_seed(std::move(secret))});
          },
          py::arg("seed"), "The account that this 32-byte seed belongs to.")
      .def(
          "seed", [](const PyAccountKey& self) { return to_bytes(self.key.seed().expose()); },
          "The 32 secret bytes from which from_seed() makes the account again.")
      .def_property_readonly(
          "account", [](const PyAccountKey& self) { return account_text(self.key.id()); },
          "The account's address as text.")
      .def_property_readonly(
          "public_key", [](const PyAccountKey& self) { return to_bytes(self.key.public_key()); }, "32 bytes.")
      .def("__repr__", [](const PyAccountKey&) { return "<anochat.AccountKey>"; });
  refuse_pickling(type, kNoPickle);
}

void bind_device(py::module_& module) {
  py::class_<PyDevice, std::shared_ptr<PyDevice>> type(module, "Device", "The private side of one device.");
  type.def_static(
          "create",
          [](const PyAccountKey& account, UInt32 number, std::shared_ptr<Random> random) {
            random = random_or_system(std::move(random));
            return without_gil([&] {
              return std::make_shared<PyDevice>(PyDevice{Device::create(account.key, number.value, *random)});
            });
          },
          py::arg("account"), py::arg("number") = UInt32{1}, py::kw_only(), py::arg("random") = nullptr,
          "Makes the keys of an account's device; `number` is 1 to 2,147,483,647 and never used twice.")
      .def_static(
          "load",
          [](const py::object& saved) {
            const InBytes in(saved);
            return std::make_shared<PyDevice>(PyDevice{Device::load(in.view())});
          },
          py::arg("saved"), "The device that save() has written.")
      .def(
          "save", [](const PyDevice& self) { return to_bytes(self.device.save()); },
          "The device as 230 secret bytes. Protect them.")
      .def_property_readonly(
          "address", [](const PyDevice& self) { return self.device.address().text(); }, "The device's address as text.")
      .def_property_readonly(
          "certificate", [](const PyDevice& self) { return to_bytes(self.device.certificate().encode()); },
          "The account's signed word for this device: 165 public bytes.")
      .def("__repr__", [](const PyDevice&) { return "<anochat.Device>"; });
  refuse_pickling(type, kNoPickle);
}

std::shared_ptr<PyPreKeys> make_prekeys(std::shared_ptr<PyDevice> device, UInt32 one_time, std::optional<Int64> now_ms,
                                        std::shared_ptr<Random> random) {
  random = random_or_system(std::move(random));
  const UnixTime now = time_of(now_ms);
  return without_gil([&] {
    MemoryPreKeys keys(device->device, now, *random, one_time.value);
    return std::make_shared<PyPreKeys>(std::move(keys), std::move(device), std::move(random));
  });
}

void bind_prekeys(py::module_& module) {
  py::class_<PyPreKeys, std::shared_ptr<PyPreKeys>> type(
      module, "PreKeys", "The keys a device publishes so that others can write while it is offline.");
  type.def(py::init(&make_prekeys), py::arg("device"), py::arg("one_time") = UInt32{100}, py::kw_only(),
           py::arg("now_ms") = std::nullopt, py::arg("random") = nullptr)
      .def_static(
          "load",
          [](const py::object& saved, std::shared_ptr<PyDevice> device, std::shared_ptr<Random> random) {
            const InBytes in(saved);
            return std::make_shared<PyPreKeys>(MemoryPreKeys::load(in.view()), std::move(device),
                                               random_or_system(std::move(random)));
          },
          py::arg("saved"), py::arg("device"), py::kw_only(), py::arg("random") = nullptr,
          "The prekeys that save() has written.")
      .def(
          "save",
          [](PyPreKeys& self) {
            return to_bytes(self.run([](auto& keys, const auto&, auto&) { return keys.save(); }));
          },
          "Everything as secret bytes. Protect them.")
      .def(
          "bundle",
          [](PyPreKeys& self, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            return to_bytes(self.run([&](auto& keys, const auto&, auto&) { return keys.bundle(now).encode(); }));
          },
          py::kw_only(), py::arg("now_ms") = std::nullopt, "A bundle for one sender: up to 1,669 public bytes.")
      .def(
          "refill",
          [](PyPreKeys& self, UInt32 one_time, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            self.run([&](auto& keys, const auto& device, auto& random) {
              keys.refill(device, now, random, one_time.value);
            });
          },
          py::arg("one_time") = UInt32{100}, py::kw_only(), py::arg("now_ms") = std::nullopt,
          "Makes new keys where it is time.")
      .def(
          "expire",
          [](PyPreKeys& self, std::optional<Int64> now_ms) {
            const UnixTime now = time_of(now_ms);
            return self.run([&](auto& keys, const auto&, auto&) { return keys.expire(now); });
          },
          py::kw_only(), py::arg("now_ms") = std::nullopt, "Deletes expired private keys; says how many.")
      .def_property_readonly(
          "one_time_left",
          [](PyPreKeys& self) { return self.run([](auto& keys, const auto&, auto&) { return keys.one_time_left(); }); },
          "One-time prekeys that no bundle has taken yet.")
      .def("__repr__", [](const PyPreKeys&) { return "<anochat.PreKeys>"; });
  refuse_pickling(type, kNoPickle);
}

/// What people compare, for those who keep their own contacts.
py::tuple safety_number(const py::object& own, const py::object& peer) {
  const auto own_key = to_array<32>(own, "an account key");
  const auto peer_key = to_array<32>(peer, "an account key");
  const SafetyNumber number = without_gil([&] { return SafetyNumber::between(own_key, peer_key); });
  return py::make_tuple(number.digits(), number.display(), number.scannable());
}

}  // namespace

void bind_keys(py::module_& module) {
  bind_account(module);
  bind_device(module);
  bind_prekeys(module);
  module.def("safety_number", &safety_number, py::arg("own_public_key"), py::arg("peer_public_key"));
  module.def(
      "parse_address",
      [](const py::object& text) {
        const Address address = Address::parse(text_of(text));
        return py::make_tuple(account_text(address.account), address.device);
      },
      py::arg("text"));
  module.def(
      "format_address",
      [](const py::object& account, UInt32 device) {
        return Address{account_of(account), device.value}.text();
      },
      py::arg("account"), py::arg("device"));
}

}  // namespace anochat::python
