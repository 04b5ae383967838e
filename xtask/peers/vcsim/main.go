// A vCenter from govmomi's simulator on a loopback port that the system chooses.
//
// It prints one JSON line ({"host", "port", "user", "password"}) and serves until it is killed.
// The inventory has what labels depend on: two datacenters, one of them inside folders, clusters,
// standalone hosts, nested resource pools, vApps, and one VM in eight switched off.
package main

import (
	"crypto/tls"
	"encoding/json"
	"log"
	"net/url"
	"os"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func main() {
	model := simulator.VPX()
	model.Datacenter = 2
	model.Folder = 1
	model.Cluster = 2
	model.Host = 2
	model.Pool = 1
	model.App = 1
	model.Machine = 3
	if err := model.Create(); err != nil {
		log.Fatal(err)
	}

	for i, entity := range simulator.Map.All("VirtualMachine") {
		if i%8 == 0 {
			vm := entity.(*simulator.VirtualMachine)
			vm.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
			vm.Summary.Runtime.PowerState = types.VirtualMachinePowerStatePoweredOff
		}
	}

	// An empty configuration is enough: the server brings its own certificate.
	model.Service.TLS = new(tls.Config)
	model.Service.Listen = &url.URL{
		Host: "127.0.0.1:0",
		User: url.UserPassword("user", "pass"),
	}
	server := model.Service.NewServer()

	err := json.NewEncoder(os.Stdout).Encode(map[string]any{
		"host":     server.URL.Hostname(),
		"port":     json.Number(server.URL.Port()),
		"user":     "user",
		"password": "pass",
	})
	if err != nil {
		log.Fatal(err)
	}
	select {}
}
